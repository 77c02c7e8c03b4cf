"""Shelf: one file per capture format, named after it."""
