"""Words for findings: sizes, times and peers as a reader who is no expert takes them in."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

UNITS = ("B", "kB", "MB", "GB", "TB")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_NS = 60 * 10**9
LAST_NS = 253_402_300_799_000_000_000
"""The end of the year 9999: what a damaged clock says beyond it is shown as that."""

MAX_SHOWN = 80
"""Characters of a name from the wire that a sentence shows; a host name may have 253, a user name any number."""

REGISTRY_ONLY = "where the address registry assigned it: not where the machine stands, nor who controls it"


def bytes_text(size: int) -> str:
    """Return a size with three digits at most: 12.3 MB (powers of 1,000)."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {UNITS[unit]}" if unit == 0 or value >= 99.95 else f"{value:.1f} {UNITS[unit]}"


def count_text(number: int, noun: str) -> str:
    """Return a number with its noun in the right form: 1 flow, 2 flows."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def span_text(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    whole = int(seconds)
    for unit, size, lower, lower_size in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // lower_size} {lower}"
    return f"{seconds:.1f} s"


def when_text(first_ns: int, last_ns: int) -> str:
    """Return when something was, to the minute: on 2026-09-15 from 10:24 to 10:46 UTC."""
    (day, first), (last_day, last) = _minute(first_ns // MINUTE_NS), _minute(last_ns // MINUTE_NS)
    if day != last_day:
        return f"from {day} {first} to {last_day} {last} UTC"
    return f"on {day} at {first} UTC" if first == last else f"on {day} from {first} to {last} UTC"


def day_text(ts_ns: int) -> str:
    """Return the day of a time (UTC): 2026-09-15."""
    return _minute(ts_ns // MINUTE_NS)[0]


@functools.lru_cache(maxsize=4096)
def _minute(minutes: int) -> tuple[str, str]:
    """Return the day and the time of day of minutes since 1970."""
    time = EPOCH + timedelta(minutes=min(max(minutes, 0), LAST_NS // MINUTE_NS))
    return f"{time:%Y-%m-%d}", f"{time:%H:%M}"


def short_text(text: str) -> str:
    """Return a text from the wire so that it fits in a sentence: unprintable characters escaped, long ones cut."""
    shown = text[:MAX_SHOWN].encode("unicode_escape").decode() if not text.isprintable() else text[:MAX_SHOWN]
    return shown if len(text) <= MAX_SHOWN else f"{shown}..."


def controlled_text(operator: str | None, controlling: str | None) -> str:
    """Return who runs an address and from where, as far as the table of operators knows."""
    if not operator:
        return "not known"
    return f"by {operator}, of a group with its seat in {controlling}" if controlling else f"by {operator}"


def peer_text(
    addr: str | None,
    name: str | None = None,
    registered: str | None = None,
    operator: str | None = None,
    controlling: str | None = None,
) -> str:
    """Return a peer by its name and address, the country whose registry lists the address, and who runs it."""
    seat = f" of {controlling}" if controlling else ""
    words = (
        addr if name and name != addr else None,
        f"registered in {registered}" if registered else None,
        f"run by {operator}{seat}" if operator else None,
    )
    known = [word for word in words if word]
    return short_text(name or addr or "an unknown address") + (f" ({', '.join(known)})" if known else "")
