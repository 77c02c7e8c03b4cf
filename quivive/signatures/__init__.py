"""Shelf of data: protocols that are named by their first bytes but not read; one TOML file per family."""
