"""Shelf: one file per application protocol: what it looks like, what it says, its tables."""
