"""Shelf: one file per header outside the fast lane."""
