"""Terms: which class of records a table belongs to, and from when on its rows are past their term.

A term counts from a row's own time. Without a mandate no term is signed: then the usual ones count from the day on
which the captures were read, since the captures may be of any age.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from quivive.mandate.parts import Retention
from quivive.mandate.refusal import Refusal

CLASS_OF = {"findings": "alerts"}
BADGES = "badge"
"""First letters of the tables that hold passages of badges."""

RAW, FLOWS = "raw", "flows"
ROW_CLASSES = (FLOWS, "alerts", "badges")

TIMES = ("last_ts", "ts", "first_ts", "hour")
"""Columns that say how old a row is, the first that a table has."""


def class_of(table: str) -> str:
    """Return the class of a table: flows, alerts or badges."""
    return "badges" if table.startswith(BADGES) else CLASS_OF.get(table, FLOWS)


class Terms(NamedTuple):
    """What is past its term, at one moment."""

    before: dict[str, datetime]
    """Of each class: rows older than this go."""
    counts_from_reading: bool
    """Whether the day of reading counts for every row, and not its own time."""


def terms(told: Mapping[str, str] | None, read_at: datetime, closed_at: datetime | None, now: datetime) -> Terms:
    """Return what is past its term. told: the mandate's terms as the case keeps them, None without a mandate.

    Raises MandateError for terms that are none: a case says them as its mandate did.
    """
    kept = Retention(**told) if told is not None else Retention()
    before = {name: now - timedelta(days=kept.days(name)) for name in (*ROW_CLASSES, RAW)}
    if closed_at is not None and now >= closed_at + timedelta(days=kept.days("case_after_closure")):
        before = dict.fromkeys(before, now)
        return Terms(before, counts_from_reading=True)
    return Terms(before, counts_from_reading=told is None)


def told_terms(manifest: Mapping[str, object]) -> dict[str, str] | None:
    """Return the terms that a case's manifest holds; None where it was read without a mandate. Raises MandateError."""
    held = manifest.get("retention")
    if held is None:
        return None
    if not isinstance(held, dict) or set(held) - set(Retention.__dataclass_fields__):
        raise Refusal("retention of the case", "was changed", "put case.toml back")
    return {str(name): str(period) for name, period in held.items()}
