"""Sheets that the organisation brings: which systems it has, which transfers it has declared (CSV with a heading)."""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from quivive.model.errors import UsageError

MAX_ROWS = 100_000
MAX_CELL = 1_000
HEADINGS = {
    "exporter": "exporter", "exportateur": "exporter", "system": "system", "systeme": "system",
    "recipient": "recipient",
    "destinataire": "recipient", "category": "category", "categorie": "category", "country": "country",
    "pays": "country", "legal_tool": "legal_tool", "outil": "legal_tool", "contract_ref": "contract_ref",
    "contrat": "contract_ref", "tia_ref": "tia_ref", "aitd": "tia_ref", "from": "from", "du": "from", "to": "to",
    "au": "to", "name": "name", "nom": "name", "monitored": "monitored", "surveille": "monitored",
}  # fmt: skip
"""Headings that are understood, English and French, without accents."""
PLAIN = str.maketrans("éèêëàâîïôùûç", "eeeeaaiiouuc")
TEXTS = ("exporter", "recipient", "category", "country", "legal_tool", "contract_ref", "tia_ref")
NO = frozenset({"no", "n", "non", "false", "0"})


@dataclass(frozen=True)
class Declared:
    """A transfer that the organisation says it makes; an empty text means any."""

    line: int
    exporter: str
    recipient: str
    category: str
    country: str
    legal_tool: str
    contract_ref: str
    tia_ref: str
    first: date | None
    last: date | None

    def covers(self, period: str) -> bool:
        """Return whether it holds in a month, such as 2026-09."""
        return (self.first is None or f"{self.first:%Y-%m}" <= period) and (
            self.last is None or period <= f"{self.last:%Y-%m}"
        )


@dataclass(frozen=True)
class System:
    """A system or network of the organisation; one that is not monitored cannot be judged."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    name: str
    is_monitored: bool

    def holds(self, address: str) -> bool:
        """Return whether an address is this system's."""
        return within(address, self.network)


def within(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """Return whether a text is an address in a network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.version == network.version and found in network


def read_declared(file: Path) -> list[Declared]:
    """Return declared transfers. Raises UsageError with the line that cannot be understood."""
    found = []
    for line, row in _rows(file, "recipient"):
        if not row.get("recipient"):
            raise UsageError(f"{file}: line {line} names no recipient")
        exporter, recipient, category, country, tool, contract, tia = (row.get(key, "") for key in TEXTS)
        first, last = (_day(file, line, row.get(key, "")) for key in ("from", "to"))
        found.append(Declared(line, exporter, recipient, category, country.upper(), tool, contract, tia, first, last))
    return found


def read_systems(file: Path) -> list[System]:
    """Return the systems that are to be seen. Raises UsageError with the line that cannot be understood."""
    found = []
    for line, row in _rows(file, "system"):
        try:
            network = ipaddress.ip_network(row["system"], strict=False)
        except ValueError as error:
            raise UsageError(f"{file}: line {line}: {error}") from error
        found.append(System(network, row.get("name", ""), row.get("monitored", "").casefold() not in NO))
    return found


def _day(file: Path, line: int, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError as error:
        raise UsageError(f"{file}: line {line}: {text!r} is no date; write 2026-09 or 2026-09-30") from error


def _rows(file: Path, needed: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells by heading."""
    try:
        text = file.read_text(encoding="utf-8-sig", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from error
    heading, _, _ = text.partition("\n")
    delimiter = ";" if heading.count(";") > heading.count(",") else ","
    lines = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        names = [HEADINGS.get(name.strip().casefold().translate(PLAIN), "") for name in next(lines, [])]
        if needed not in names:
            raise UsageError(
                f"{file}: has no column {needed!r}; headings can be {', '.join(sorted(set(HEADINGS.values())))}"
            )
        for line, row in enumerate(lines, 2):
            if line > MAX_ROWS:
                raise UsageError(f"{file}: has more than {MAX_ROWS:,} lines")
            if any(cell.strip() for cell in row):
                yield line, {name: cell.strip()[:MAX_CELL] for name, cell in zip(names, row, strict=False) if name}
    except csv.Error as error:
        raise UsageError(f"{file}: line {lines.line_num}: {error}") from error
