"""Messages of DNS and its relatives: read one by one, and many at a time by kernels."""
