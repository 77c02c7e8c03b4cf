"""What this build can read, write and ask: derived from the shelves, kept in no list."""

from __future__ import annotations

import functools

from quivive import detectors, protocols
from quivive.kit import shelf
from quivive.kit.detector import Detector
from quivive.kit.protocol import Protocol
from quivive.model.case_tables import ENGINE_TABLES
from quivive.model.errors import PluginError
from quivive.model.schema import Table
from quivive.model.tables import SHARED


@functools.cache
def tables() -> dict[str, Table]:
    """Return all tables by name, sorted; two different ones of one name are a fault."""
    found: dict[str, Table] = {}
    kinds: dict[str, type[Protocol]] = shelf.load(protocols, Protocol)
    for table in (*ENGINE_TABLES, *SHARED, *(table for kind in kinds.values() for table in kind.tables)):
        if found.setdefault(table.name, table) is not table:
            raise PluginError(f"two tables are called {table.name!r}")
    return dict(sorted(found.items()))


def protocols_read() -> dict[str, list[str]]:
    """Return the titles of all protocols that are read, by family."""
    kinds: dict[str, type[Protocol]] = shelf.load(protocols, Protocol)
    families: dict[str, list[str]] = {}
    for kind in kinds.values():
        families.setdefault(kind.family, []).append(kind.title)
    return families


def questions_asked() -> tuple[str, ...]:
    """Return the question of every detector."""
    kinds: dict[str, type[Detector]] = shelf.load(detectors, Detector)
    return tuple(kind.question for kind in kinds.values())
