"""When things happen: the one working day of the demonstration."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

MICROSECOND, MILLISECOND, SECOND = 1_000, 1_000_000, 1_000_000_000
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND
DAY_START = datetime(2026, 9, 15, tzinfo=UTC)
DAY_START_NS = int(DAY_START.timestamp()) * SECOND
DAY_NS = 24 * HOUR


def at(hour: float) -> int:
    """Return the time, in nanoseconds since 1970, of an hour of the day."""
    return DAY_START_NS + int(hour * 3600) * SECOND


def moments(rng: Random, n: int, start_hour: float, stop_hour: float) -> list[int]:
    """Return n moments between two hours, at random, in order."""
    return sorted(rng.randrange(at(start_hour), at(stop_hour)) for _ in range(n))


def every(rng: Random, period_ns: int, jitter_ns: int, hours: tuple[float, float]) -> list[int]:
    """Return moments a period apart, each late by less than the jitter, between two hours."""
    return [due + rng.randrange(jitter_ns) for due in range(at(hours[0]), at(hours[1]) - jitter_ns, period_ns)]


def stamp(at_ns: int) -> datetime:
    """Return the moment as date and time in UTC, to the second."""
    return datetime.fromtimestamp(at_ns // SECOND, UTC)
