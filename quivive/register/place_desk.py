"""What a user does with places: bring a table, list the sources, ask about one."""

from __future__ import annotations

import datetime as time
from pathlib import Path

from quivive.flows.place_table import PlaceTable
from quivive.register import imported, place_words


def keep(file: str | Path, *, source: str, date: str, means: str = "registered", name: str = "") -> PlaceTable:
    """Keep a table of address ranges with autonomous systems or countries. Raises UsageError.

    source, date: where it is from and when it was made (ISO 8601), as every answer from it will say
    means: what its countries say, registered or located
    """
    path = Path(file)
    return imported.keep(path, name=name or path.stem.lower(), source=source, day=date, means=means)


def sources() -> list[str]:
    """Return the sources of places, in words, with their age; old ones are warned of."""
    return list(place_words.source_lines(imported.kept(), _today()))


def of(address: str, name: str = "") -> list[str]:
    """Return where a place is located, registered and by whom it is controlled, in words, each with its source."""
    return list(place_words.place_lines(imported.jurisdictions().of(address, name), _today()))


def _today() -> time.date:
    return time.datetime.now(time.UTC).date()
