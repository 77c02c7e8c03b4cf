"""Room: protected documents - their fingerprints under a key, and the passages of them that other content holds."""
