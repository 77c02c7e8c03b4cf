"""Measurements: how fast, how much memory, against whom; ratios from one run, never absolute times."""
