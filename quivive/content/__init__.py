"""Shelf: rebuilders and openers of content; reserved, and shut without a mandate."""
