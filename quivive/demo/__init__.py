"""Room: demonstration captures, made here byte by byte; nobody in them exists."""
