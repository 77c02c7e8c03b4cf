"""What a host name is used for: the table of applications in `applications.toml`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from quivive.model import shipped_toml
from quivive.model.errors import PluginError

MAX_LABELS = 128
"""Labels of a host name that are looked at: a name of 255 bytes (RFC 1035, 2.3.4) has no more."""
KEPT_ANSWERS = 65_536
SUFFIX = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
PORT = re.compile(r":[0-9]{1,5}$")


class Application(NamedTuple):
    """name: what its users call it; category: what it is for; source: what the row rests on."""

    name: str
    category: str
    source: str


class Applications:
    """Applications by host name."""

    def __init__(self, table: dict[str, Any], file: str = "applications.toml") -> None:
        """table: as in `applications.toml`. Raises PluginError for what does not fit."""
        self._file = file
        self._suffixes: dict[str, Application] = {}
        self.applications: list[Application] = []
        day = table.get("date")
        if not isinstance(day, date):
            raise PluginError(f"{file}: date is missing or no date")
        self.date = day
        for application, suffixes in self._rows(table):
            self.applications.append(application)
            for suffix in suffixes:
                self._add(suffix, application)
        if len({one.name for one in self.applications}) < len(self.applications):
            raise PluginError(f"{file}: an application is in two categories")
        self.by_name = functools.lru_cache(KEPT_ANSWERS)(self._by_name)

    def _by_name(self, host: str) -> Application | None:
        """Return what a host name, with or without port, is used for; its longest known end tells."""
        labels = PORT.sub("", host).lower().rstrip(".").split(".")[-MAX_LABELS:]
        for start in range(len(labels) - 1):
            found = self._suffixes.get(".".join(labels[start:]))
            if found is not None:
                return found
        return None

    def _rows(self, table: dict[str, Any]) -> Iterator[tuple[Application, list[Any]]]:
        for category, rows in table.items():
            if category == "date":
                continue
            if not isinstance(rows, dict):
                raise PluginError(f"{self._file}: {category} is no table of applications")
            for name, row in rows.items():
                yield self._row(category, name, row)

    def _row(self, category: str, name: str, row: Any) -> tuple[Application, list[Any]]:
        fits = isinstance(row, dict) and row.keys() == {"source", "suffixes"}
        if not fits or not row["source"] or not row["suffixes"] or not isinstance(row["suffixes"], list):
            raise PluginError(f"{self._file}: {name}: should say source and suffixes, and nothing else")
        return Application(name, category, row["source"]), row["suffixes"]

    def _add(self, suffix: Any, application: Application) -> None:
        if not isinstance(suffix, str) or not SUFFIX.fullmatch(suffix):
            raise PluginError(f"{self._file}: {application.name}: {suffix!r} is not an end of host names in lower case")
        if suffix in self._suffixes:
            raise PluginError(f"{self._file}: {application.name}: {suffix} is {self._suffixes[suffix].name}'s already")
        self._suffixes[suffix] = application


@functools.cache
def shipped() -> Applications:
    """Return the table that comes with the program."""
    return Applications(shipped_toml.read(Path(__file__).with_name("applications.toml")))
