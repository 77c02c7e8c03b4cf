"""Shelf: what is not packets; reserved for site records (work orders, badges, field reports)."""
