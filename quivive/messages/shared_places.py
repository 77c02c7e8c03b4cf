"""Places outside that many own machines use alike: services of the organisation, told once and not for each machine."""

from __future__ import annotations

from quivive.kit.detector import Tables

MIN_SHARING = 5
"""Own machines that do the same with a place: a handful of people may make the same mistake, or share a game."""
RARE_SHARE = 0.02
"""Share of the own machines up to which a place counts as rare (RITA); what more use is not."""

CALLERS = "SELECT count(DISTINCT orig_addr) AS n FROM outward"


def callers(tables: Tables) -> int:
    """Return how many own machines speak to outside at all."""
    (row,) = tables.sql(CALLERS)
    return int(row["n"])


def is_shared(n_sharing: int, n_callers: int) -> bool:
    """Return whether so many of the own machines use a place that it is told once for all of them."""
    return n_sharing >= MIN_SHARING and n_sharing > RARE_SHARE * n_callers
