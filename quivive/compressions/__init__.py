"""Shelf: one file per compression that a capture may come in."""
