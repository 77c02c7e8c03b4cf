"""Who controls an address or a host name: the table of operators in `operators.toml`.

The registry says to whom an address range was assigned; this table says who runs the machines, and in which country the
group has its seat that controls the operator. What is not in the table is not known: that is no word of acquittal.
"""

from __future__ import annotations

import bisect
import functools
import ipaddress
import itertools
import re
import socket
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from quivive.model import shipped_toml
from quivive.model.errors import PluginError

STALE_DAYS = 180
"""Age from which the table should be looked at again: networks change hands, companies their owners."""
MAX_LABELS = 128
"""Labels of a host name that are looked at: a name of 255 bytes (RFC 1035, 2.3.4) has no more."""
KEPT_ANSWERS = 65_536

KEYS = {"operator": str, "group": str, "country": str, "source": str, "date": date}
MORE_KEYS = {"networks": list, "suffixes": list, "asns": list, "note": str}
MAPPED = 0xFFFF << 32  # IPv4 as ::ffff:a.b.c.d
HALF = 0xFFFFFFFFFFFFFFFF
COUNTRY = re.compile(r"[A-Z]{2}")
SUFFIX = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


class Operator(NamedTuple):
    """operator: who runs the machines; group: who controls the operator; country: seat of the group (ISO 3166)."""

    operator: str
    group: str
    country: str
    source: str
    date: date


class Operators:
    """Operators by address and by host name."""

    def __init__(self, table: str | dict[str, Any], file: str = "operators.toml") -> None:
        """table: TOML as in `operators.toml`, or what was read of it. Raises PluginError for what does not fit."""
        self._file = file
        self._groups: dict[str, str] = {}
        self._suffixes: dict[str, Operator] = {}
        self._by_asn: dict[int, Operator] = {}
        ranges: list[tuple[int, int, Operator]] = []
        dates: list[date] = []
        for declared in self._rows(table):
            operator = self._operator(declared)
            ranges += [(*self._range(network, operator), operator) for network in declared.get("networks", ())]
            self._add_suffixes(declared.get("suffixes", ()), operator)
            self._add_asns(declared.get("asns", ()), operator)
            dates.append(operator.date)
        self.date = min(dates)
        self._ranges = self._in_order(ranges)
        self._firsts = [first for first, _, _ in self._ranges]
        self.by_address = functools.lru_cache(KEPT_ANSWERS)(self._by_address)
        self.by_name = functools.lru_cache(KEPT_ANSWERS)(self._by_name)

    def group_of(self, operator: str) -> str:
        """Return the group that controls an operator of this table; the operator itself where it is none of it."""
        return self._groups.get(operator, operator)

    def by_asn(self, asn: int) -> Operator | None:
        """Return who runs an autonomous system; None where that is not known. Names of systems are never trusted."""
        return self._by_asn.get(asn)

    def age_days(self, today: date) -> int:
        """Return the age of the oldest row."""
        return (today - self.date).days

    def is_stale(self, today: date) -> bool:
        """Return whether the table is too old to rely on."""
        return self.age_days(today) > STALE_DAYS

    def _by_address(self, high: int, low: int) -> Operator | None:
        """Return who runs the machine with the address of these halves (IPv4 mapped); None where that is not known."""
        address = (high & HALF) << 64 | low & HALF
        at = bisect.bisect_right(self._firsts, address) - 1
        if at < 0 or address > self._ranges[at][1]:
            return None
        return self._ranges[at][2]

    def _by_name(self, host: str) -> Operator | None:
        """Return whose a host name is by its longest known end, of whole labels; None where that is not known."""
        labels = host.lower().rstrip(".").split(".")[-MAX_LABELS:]
        for start in range(len(labels) - 1):
            found = self._suffixes.get(".".join(labels[start:]))
            if found is not None:
                return found
        return None

    def _rows(self, table: str | dict[str, Any]) -> list[dict[str, Any]]:
        read = self._read(table) if isinstance(table, str) else dict(table)
        rows = read.pop("operator", [])
        if read or not rows or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PluginError(f"{self._file}: should hold [[operator]] tables, at least one, and nothing else")
        return rows

    def _read(self, text: str) -> dict[str, Any]:
        import tomllib

        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PluginError(f"{self._file}: {error}") from error

    def _operator(self, declared: dict[str, Any]) -> Operator:
        name = declared.get("operator")
        unknown = declared.keys() - KEYS.keys() - MORE_KEYS.keys()
        if unknown:
            raise self._fault(name, f"unknown keys {sorted(unknown)}")
        for key, kind in (KEYS | MORE_KEYS).items():
            if (key in KEYS or key in declared) and (type(declared.get(key)) is not kind or not declared[key]):
                raise self._fault(name, f"{key} is missing, empty or not a {kind.__name__}")
        if not COUNTRY.fullmatch(declared["country"]):
            raise self._fault(name, f"country {declared['country']!r} is not of ISO 3166's two capitals")
        if name in self._groups:
            raise self._fault(name, "is declared twice")
        self._groups[declared["operator"]] = declared["group"]
        return Operator(*(declared[key] for key in KEYS))

    def _range(self, text: Any, operator: Operator) -> tuple[int, int]:
        """Return first and last address of a network, IPv4 mapped."""
        address, _, prefix = text.partition("/") if isinstance(text, str) else ("", "", "")
        is_v6 = ":" in address
        if not prefix.isdecimal():
            raise self._fault(operator.operator, f"{text!r} is not a network such as 192.0.2.0/24")
        try:  # `ipaddress` takes ten times as long, and every run waits for it
            first = int.from_bytes(socket.inet_pton(socket.AF_INET6 if is_v6 else socket.AF_INET, address), "big")
            size = 1 << (128 if is_v6 else 32) - int(prefix)
        except (OSError, ValueError) as error:
            raise self._fault(operator.operator, f"{text!r} is not a network such as 192.0.2.0/24") from error
        if first % size:
            raise self._fault(operator.operator, f"{text} has bits set beyond its prefix")
        first += 0 if is_v6 else MAPPED
        return first, first + size - 1

    def _add_suffixes(self, suffixes: list[Any], operator: Operator) -> None:
        for suffix in suffixes:
            if not isinstance(suffix, str) or not SUFFIX.fullmatch(suffix):
                raise self._fault(operator.operator, f"{suffix!r} is not an end of host names in lower case")
            if suffix in self._suffixes:
                raise self._fault(operator.operator, f"{suffix} is {self._suffixes[suffix].operator}'s already")
            self._suffixes[suffix] = operator

    def _add_asns(self, asns: list[Any], operator: Operator) -> None:
        for asn in asns:
            if type(asn) is not int or not 0 < asn < 1 << 32:
                raise self._fault(operator.operator, f"{asn!r} is no number of an autonomous system")
            if asn in self._by_asn:
                raise self._fault(operator.operator, f"AS{asn} is {self._by_asn[asn].operator}'s already")
            self._by_asn[asn] = operator

    def _in_order(self, ranges: list[tuple[int, int, Operator]]) -> list[tuple[int, int, Operator]]:
        """Return ranges by their first address. Overlaps are refused: two answers for an address would be none."""
        ranges.sort(key=lambda one: one[:2])
        for (_, last, lower), (first, _, upper) in itertools.pairwise(ranges):
            if first <= last:
                overlap = ipaddress.IPv6Address(first)
                raise self._fault(upper.operator, f"the range from {overlap} overlaps one of {lower.operator}")
        return ranges

    def _fault(self, operator: Any, reason: str) -> PluginError:
        return PluginError(f"{self._file}: {operator}: {reason}")


@functools.cache
def shipped() -> Operators:
    """Return the table that comes with the program: some milliseconds of reading that help need not wait for."""
    return Operators(shipped_toml.read(Path(__file__).with_name("operators.toml")))
