"""HTTP/1 messages: heads, bodies, exchanges, log-ins; one by one, and many at a time by kernels."""
