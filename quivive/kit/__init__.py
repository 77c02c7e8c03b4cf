"""Room: all that a shelf file may import - discovery, the cursor and the contracts of the shelves."""
