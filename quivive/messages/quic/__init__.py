"""QUIC packets and their hellos; one by one, and many at a time by kernels."""
