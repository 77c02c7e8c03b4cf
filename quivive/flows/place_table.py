"""Tables of places that the user brings: address ranges with their autonomous system or country.

Read are CSV and tab-separated files without a licence of ours to ship: one range a line, as `first,last` or as
`network`, then in any order a number of an autonomous system, a country of two capitals, a name. That covers
@ip-location-db's asn and country files, iptoasn's, and lists of routes. Kept is a file of NumPy arrays, never a pickle.
"""

from __future__ import annotations

import csv
import json
import re
import socket
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.model.errors import UsageError

SUFFIX = ".places.npz"
MAX_ROWS = 4_000_000
"""Ranges of one table; the whole Internet's routes are some 1.3 million."""
MAX_LINE = 4_096
MAX_NAMES = 1_000_000
MAX_NESTING = 128
"""Ranges around an address that are looked at: a prefix has no more lengths."""
MEANINGS = ("registered", "located")
"""What a country of the table says: in whose registry the range is, or where its machines are said to stand."""

NUMBER = re.compile(r"(?:AS)?(\d{1,10})", re.IGNORECASE)
COUNTRY = re.compile(r"[A-Z]{2}")


class PlaceRow(NamedTuple):
    """What a table says of a range; 0 and nothing for what it does not say."""

    asn: int
    country: str
    name: str


class PlaceTable:
    """One imported table; ranges may lie within each other, the narrowest counts."""

    def __init__(self, arrays: dict[str, NDArray], told: dict[str, str]) -> None:
        self._first, self._last, self._within = arrays["first"], arrays["last"], arrays["within"]
        self._asn, self._country, self._name = arrays["asn"], arrays["country"], arrays["name"]
        self._names = arrays["names"]
        self.source, self.means = told["source"], told["means"]
        self.date = date.fromisoformat(told["date"])
        self.n_rows = int(self._first.size)

    def at(self, address: str) -> PlaceRow | None:
        """Return the row of the narrowest range that holds an address; None where none does, or it is no address."""
        packed = _packed(address)
        if packed is None:
            return None
        key = np.array([packed], "S16")
        row = int(np.searchsorted(self._first, key, side="right")[0]) - 1
        for _ in range(MAX_NESTING):
            if row < 0:
                return None
            if self._last[row] >= key[0]:
                return PlaceRow(int(self._asn[row]), self._country[row].decode(), str(self._names[self._name[row]]))
            row = int(self._within[row])
        return None

    def write(self, path: Path) -> None:
        """Keep the table in a file."""
        told = json.dumps({"source": self.source, "means": self.means, "date": self.date.isoformat()})
        scratch = path.with_name(path.name + ".new")
        with scratch.open("wb") as file:
            np.savez_compressed(
                file, first=self._first, last=self._last, within=self._within, asn=self._asn, country=self._country,
                name=self._name, names=self._names, told=np.array([told]),
            )  # fmt: skip
        scratch.replace(path)


def load(path: Path) -> PlaceTable:
    """Return a table that was kept. Raises UsageError for a file that is none."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        return PlaceTable(arrays, json.loads(str(arrays["told"][0])))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: is no table of places; import it again") from error


def read(file: Path, *, source: str, day: date, means: str = "registered") -> PlaceTable:
    """Read a table from CSV or tab-separated text. Raises UsageError with the line that cannot be read."""
    if means not in MEANINGS:
        raise UsageError(f"a country can mean {' or '.join(MEANINGS)}, not {means!r}")
    try:
        with file.open(encoding="utf-8", errors="backslashreplace", newline="") as lines:
            rows = sorted(_rows(_fields(lines, file), file), key=lambda row: (row[0], -int.from_bytes(row[1], "big")))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from error
    if not rows:
        raise UsageError(f"{file}: holds no range; lines look like 192.0.2.0,192.0.2.255,64496,Name")
    names: dict[str, int] = {}
    which = [names.setdefault(row[2].name, len(names)) for row in rows]
    if len(names) > MAX_NAMES:
        raise UsageError(f"{file}: holds more than {MAX_NAMES:,} names")
    arrays = {
        "first": np.array([row[0] for row in rows], "S16"),
        "last": np.array([row[1] for row in rows], "S16"),
        "within": _nesting(rows),
        "asn": np.array([row[2].asn for row in rows], np.int64),
        "country": np.array([row[2].country.encode() for row in rows], "S2"),
        "name": np.array(which, np.int32),
        "names": np.array(list(names), np.str_),
    }
    return PlaceTable(arrays, {"source": source, "means": means, "date": day.isoformat()})


Ranged = tuple[bytes, bytes, PlaceRow]


def _fields(lines: Iterable[str], file: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, 1):
        if number > MAX_ROWS:
            raise UsageError(f"{file}: has more than {MAX_ROWS:,} lines")
        if len(line) > MAX_LINE:
            raise UsageError(f"{file}: line {number} is longer than {MAX_LINE} characters")
        if line.strip() and not line.startswith("#"):
            delimiter = "\t" if "\t" in line else ";" if ";" in line and "," not in line else ","
            yield number, [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]


def _rows(fields: Iterable[tuple[int, list[str]]], file: Path) -> Iterator[Ranged]:
    for number, row in fields:
        ends, rest = _range(row)
        if ends is None:
            if number == 1:
                continue  # a heading
            raise UsageError(f"{file}: line {number} does not begin with a range such as 192.0.2.0,192.0.2.255")
        yield *ends, _place(rest)


def _range(row: list[str]) -> tuple[tuple[bytes, bytes] | None, list[str]]:
    """Return the ends of a row's range, and the fields behind it."""
    network, slash, prefix = row[0].partition("/")
    first = _packed(network)
    if first is None:
        return None, row
    if slash:
        bits = 128 if ":" in network else 32
        if not prefix.isdecimal() or not 0 <= int(prefix[:4]) <= bits:
            return None, row
        low = (1 << bits - int(prefix)) - 1
        number = int.from_bytes(first, "big") & ~low
        return (number.to_bytes(16, "big"), (number | low).to_bytes(16, "big")), row[1:]
    last = _packed(row[1]) if len(row) > 1 else None
    return ((first, last) if last is not None and last >= first else None), row[2:]


def _place(rest: list[str]) -> PlaceRow:
    asn, country = 0, ""
    names: list[str] = []
    for field in rest:
        number = NUMBER.fullmatch(field)
        if number and not asn and not names:
            asn = int(number[1]) if int(number[1]) < 1 << 32 else 0
        elif not country and not names and COUNTRY.fullmatch(field):
            country = field
        elif field and field not in ("None", "-"):
            names.append(field)
    return PlaceRow(asn, country, ", ".join(names)[:120])


def _packed(address: str) -> bytes | None:
    """Return an address in 16 bytes, IPv4 as ::ffff:a.b.c.d; None for what is none."""
    try:
        if ":" in address:
            return socket.inet_pton(socket.AF_INET6, address)
        return b"\0" * 10 + b"\xff\xff" + socket.inet_pton(socket.AF_INET, address)
    except (OSError, ValueError):
        return None


def _nesting(rows: list[Ranged]) -> NDArray[np.int64]:
    """Return for each range, in order, the row of the narrowest one around its beginning; -1 where there is none."""
    within = np.full(len(rows), -1, np.int64)
    around: list[int] = []
    for at, (first, _, _) in enumerate(rows):
        while around and rows[around[-1]][1] < first:
            around.pop()
        within[at] = around[-1] if around else -1
        around.append(at)
    return within
