"""TLS handshakes, certificates and fingerprints; one by one, and many at a time by kernels."""
