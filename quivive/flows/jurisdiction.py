"""Under whose law a destination is: located, registered, controlled - three answers, never one "country".

Each answer has its source, the source's date and its age. What no source tells is not known, and said so.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from datetime import date, datetime
from importlib import metadata
from typing import NamedTuple

from quivive.flows import operators, regions
from quivive.flows.operators import STALE_DAYS, Operator
from quivive.flows.place_table import PlaceRow, PlaceTable
from quivive.flows.places import OwnNetworks
from quivive.kernels.text import address_bytes

REGISTRY = "delegations of the five address registries (iptocc {version})"
OPERATORS = "table of operators: {source}"
DELIVERS = frozenset({"Akamai", "Cloudflare", "Fastly", "Imperva", "Bunny", "CDN77", "Gcore", "Wangsu"})
"""Operators that mostly hand on what others serve: behind them stands somebody else."""


class Told(NamedTuple):
    """One answer: the value, who says so, and when that was looked at; all empty where nobody does."""

    value: str | None = None
    source: str = ""
    day: date | None = None

    def age_days(self, today: date) -> int | None:
        """Return how old the answer is; None where its date is not known."""
        return None if self.day is None else (today - self.day).days

    def is_stale(self, today: date) -> bool:
        """Return whether an answer is too old to rely on, or of no known date."""
        age = self.age_days(today)
        return self.value is not None and (age is None or age > STALE_DAYS)


NOT_KNOWN = Told()


class Jurisdiction(NamedTuple):
    """located: where the machine stands; registered: where its address was assigned; controlling: seat of the group.

    Countries as ISO 3166; asn 0 where it is not known.
    """

    located: Told = NOT_KNOWN
    registered: Told = NOT_KNOWN
    controlling: Told = NOT_KNOWN
    operator: str | None = None
    group: str | None = None
    asn: int = 0
    is_relayed: bool = False

    def stale(self, today: date) -> list[str]:
        """Return a warning for each answer that is too old, in plain words."""
        return [warning(name, told, today) for name, told in self._told() if told.is_stale(today)]

    def _told(self) -> Sequence[tuple[str, Told]]:
        return (("located", self.located), ("registered", self.registered), ("controlling", self.controlling))


def warning(name: str, told: Told, today: date) -> str:
    """Return what a reader must know of an old source."""
    age = told.age_days(today)
    how_old = "of unknown date" if age is None else f"{age} days old"
    return f"{name}: source is {how_old} (more than {STALE_DAYS} days): {told.source}"


class Jurisdictions:
    """Answers from what is shipped, and from tables that the user imported (later ones first)."""

    def __init__(self, imported: Sequence[PlaceTable] = (), *, shipped: operators.Operators | None = None) -> None:
        self._imported = tuple(imported)
        self._operators = shipped or operators.shipped()
        self._registry = OwnNetworks()
        self.of = functools.lru_cache(maxsize=65_536)(self._of)

    def _of(self, address: str, name: str = "") -> Jurisdiction:
        """Return what is known of a destination by its address, and by the name that it was called."""
        rows = [(table, row) for table in self._imported if (row := table.at(address)) is not None]
        asn = next((row.asn for _, row in rows if row.asn), 0)
        operator, how = self._operator(address, name, asn)
        return Jurisdiction(
            self._located(name, rows),
            self._registered(address, rows),
            Told(operator.country, f"{OPERATORS.format(source=how)}", operator.date) if operator else NOT_KNOWN,
            operator.operator if operator else None,
            operator.group if operator else None,
            asn,
            operator is not None and operator.operator in DELIVERS,
        )

    def _operator(self, address: str, name: str, asn: int) -> tuple[Operator | None, str]:
        found = self._operators.by_address(*_halves(address))
        if found is not None:
            return found, f"by address ({found.source})"
        found = self._operators.by_asn(asn)
        if found is not None:
            return found, f"by AS{asn} ({found.source})"
        found = self._operators.by_name(name) if name else None
        return found, f"by host name ({found.source})" if found is not None else ""

    def _located(self, name: str, rows: list[tuple[PlaceTable, PlaceRow]]) -> Told:
        region = regions.region_of(name) if name else None
        if region is not None:
            told = f"region {region.token} in the host name, as {region.provider} names its regions"
            return Told(region.country, told, regions.DATE)
        return _from_tables("located", rows)

    def _registered(self, address: str, rows: list[tuple[PlaceTable, PlaceRow]]) -> Told:
        country = self._registry.place(*_halves(address)).registered
        if country is not None:
            version, day = registry_release()
            return Told(country, REGISTRY.format(version=version), day)
        return _from_tables("registered", rows)


def _from_tables(means: str, rows: list[tuple[PlaceTable, PlaceRow]]) -> Told:
    for table, row in rows:
        if table.means == means and row.country:
            return Told(row.country, table.source, table.date)
    return NOT_KNOWN


def _halves(address: str) -> tuple[int, int]:
    """Return the halves of an address; those of ::, where nobody is, for what is none."""
    try:
        packed = address_bytes(address)
    except (OSError, ValueError):
        packed = b"\0" * 16
    high, low = int.from_bytes(packed[:8], "big"), int.from_bytes(packed[8:], "big")
    return high, low


@functools.cache
def registry_release() -> tuple[str, date | None]:
    """Return version and day of the registry data, as its package says of itself; no day where it does not."""
    package = metadata.distribution("iptocc")
    for file in package.files or ():
        if file.name.endswith(".cyclonedx.json"):
            try:
                told = json.loads(file.read_text())["metadata"]["timestamp"]
                return package.version, datetime.fromisoformat(told[:10]).date()
            except (OSError, ValueError, KeyError, TypeError):
                break
    return package.version, None
