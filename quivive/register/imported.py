"""The user's imported tables of places: where they are kept, and what is known with them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from quivive.flows import place_table
from quivive.flows.jurisdiction import Jurisdictions
from quivive.flows.place_table import SUFFIX, PlaceTable
from quivive.mandate import settings
from quivive.model.errors import UsageError

FOLDER = "places"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
MAX_TABLES = 16
"""Tables that are asked; each is some 20 MB in memory."""


def folder() -> Path:
    """Return where imported tables are kept: places/ in the user's folder for settings."""
    return settings.folder() / FOLDER


def keep(file: Path, *, name: str, source: str, day: str, means: str) -> PlaceTable:
    """Read a table and keep it under a name. Raises UsageError for what cannot be read, or has no source or date."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a table; write small letters and digits, as in asn-ipv4")
    if not source:
        raise UsageError("say where the table is from, with --source: an answer without its source is worth nothing")
    try:
        made = date.fromisoformat(day)
    except ValueError as error:
        raise UsageError(f"{day!r} is no date; say when the table was made, as --date 2026-06-17") from error
    table = place_table.read(file, source=source, day=made, means=means)
    folder().mkdir(parents=True, exist_ok=True)
    table.write(folder() / f"{name}{SUFFIX}")
    return table


def kept() -> dict[str, PlaceTable]:
    """Return the imported tables by name, the newest first."""
    paths = sorted(folder().glob(f"*{SUFFIX}"))[:MAX_TABLES] if folder().is_dir() else []
    tables = {path.name.removesuffix(SUFFIX): place_table.load(path) for path in paths}
    return dict(sorted(tables.items(), key=lambda item: (-item[1].date.toordinal(), item[0])))


def jurisdictions() -> Jurisdictions:
    """Return what is known of places, the imported tables included."""
    return Jurisdictions(list(kept().values()))
