"""What a user does with canaries: make some for a system, list them."""

from __future__ import annotations

from datetime import UTC, datetime

from quivive.sensitive import planted


def new(system: str, kind: str = "container", count: int = 1) -> list[str]:
    """Return new canaries for a system, one line each, and remember them. Raises UsageError."""
    return [one.canary.shown for one in planted.plant(kind, system, count, datetime.now(UTC).date())]


def lines() -> list[str]:
    """Return the canaries that were made, with their day, name and value."""
    return [f"{one.day}  {one.name:<32}  {one.canary.shown}" for one in planted.listed()]
