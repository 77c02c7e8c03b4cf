"""How much of an organisation's outflow a case could see: without it no answer is worth anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quivive.kit.detector import Tables
from quivive.register.entry import Coverage, Entry
from quivive.register.sheets import System

CAPTURES = """
SELECT min(first_ts) AS first_ts, max(last_ts) AS last_ts, coalesce(sum(n_dropped), 0)::BIGINT AS dropped,
       coalesce(bool_or(is_partial), false) AS is_partial
FROM captures
"""
OWN_HOSTS = "SELECT host_addr FROM hosts WHERE is_own ORDER BY host_addr"


def of_case(
    tables: Tables, entries: Sequence[Entry], systems: Sequence[System], background_bytes: int, *, is_partial: bool
) -> Coverage:
    """Return what could be seen. systems: those that were to be; without any told, the own hosts that were seen."""
    (read,) = tables.sql(CAPTURES)
    own = [row["host_addr"] for row in tables.sql(OWN_HOSTS)]
    blind = [system for system in systems if not system.is_monitored or not any(map(system.holds, own))]
    out = sum(entry.bytes_out for entry in entries)
    return Coverage(
        first=read["first_ts"],
        last=read["last_ts"],
        systems=len(systems) or len(own),
        systems_seen=len(systems) - len(blind) if systems else len(own),
        unseen_systems=tuple(_named(system) for system in blind),
        own_hosts=frozenset(own),
        bytes_out=out,
        known_share=_share(sum(entry.bytes_out for entry in entries if entry.is_group_known), out),
        clear_share=_share(sum(int(entry.bytes_out * entry.clear_share) for entry in entries), out),
        lost_bytes=sum(entry.unseen_bytes for entry in entries),
        background_bytes=background_bytes,
        dropped_packets=int(read["dropped"]),
        is_partial=is_partial or bool(read["is_partial"]),
    )


def _named(system: Any) -> str:
    return f"{system.name} ({system.network})" if system.name else str(system.network)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
