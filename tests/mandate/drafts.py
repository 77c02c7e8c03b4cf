"""Mandates for tests: the shipped examples, changed as a test needs."""

from __future__ import annotations

import copy
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quivive import mandate as room
from quivive.mandate import document

EXAMPLES = Path(room.__file__).parent / "examples"
NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
"""Within the window of the examples case.toml, station.toml and outflow.toml."""


def values_of(name: str, **changes: Any) -> dict[str, Any]:
    """Return an example's TOML values; `scope__networks=[...]` changes a key of a table, None takes it out."""
    values = copy.deepcopy(tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")))
    for path, value in changes.items():
        *tables, key = path.split("__")
        held = values
        for table in tables:
            held = held.setdefault(table, {})
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value
    return values


def draft(name: str = "case", **changes: Any) -> document.Mandate:
    """Return an example as a mandate, with changes."""
    return document.loads(values_of(name, **changes))
