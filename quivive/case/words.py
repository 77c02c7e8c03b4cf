"""Numbers in words that a reader takes in at once."""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB")


def bytes_text(size: int) -> str:
    """Return a size with three digits at most: 12.3 MB (powers of 1,000)."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {UNITS[unit]}" if unit == 0 or value >= 99.95 else f"{value:.1f} {UNITS[unit]}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun in the right form: 1 flow, 2 flows."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def span_text(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    whole = int(seconds)
    for unit, size, lower, lower_size in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // lower_size} {lower}"
    return f"{seconds:.1f} s"
