"""The register as text for a terminal, and as a sheet (CSV)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from quivive.flows.jurisdiction import Told
from quivive.kit.finding_words import bytes_text
from quivive.register.build import Register
from quivive.register.entry import Entry, Unseen
from quivive.register.words import CATEGORIES, MEANS, TITLES, said

COLUMNS = ("period", "exporter", "recipient", "category", "located", "registered", "controlling", "bytes", "declared")
WIDTHS = (8, 19, 24, 34, 7, 11, 16, 9, 8)
PAGE_ROWS = 40
"""Rows after which heading and warnings are said again: a printed page."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a sheet's cell a formula; names come from the wire."""


def text_of(register: Register, language: str) -> str:
    """Return the register as text: warnings and heading on every page, then coverage and what was not seen."""
    lines = [said(language, "register", TITLES) + (f" - {register.entity}" if register.entity else "")]
    lines += [said(language, "advice", TITLES), *coverage_lines(register, language), ""]
    pages = [register.entries[at : at + PAGE_ROWS] for at in range(0, len(register.entries), PAGE_ROWS)]
    for page in pages:
        lines += [*warnings(register, language), _heading(language)]
        for entry in page:
            lines += _entry_lines(entry, language, is_compared=register.is_compared)
        lines.append("")
    if not register.entries:
        lines += [*warnings(register, language), said(language, "empty", TITLES), ""]
    lines += unseen_lines(register, language)
    return "\n".join(lines).rstrip() + "\n"


def warnings(register: Register, language: str) -> list[str]:
    """Return one line for each source that is too old."""
    return [f"{said(language, 'old', TITLES)}: {line}" for line in register.stale]


def coverage_lines(register: Register, language: str) -> Iterator[str]:
    """Yield what could be seen and what could not."""
    seen = register.coverage
    if seen.first is None or seen.last is None:
        yield said(language, "nothing_read")
        return
    yield said(language, "span", TITLES).format(
        first=f"{seen.first:%Y-%m-%d %H:%M}",
        last=f"{seen.last:%Y-%m-%d %H:%M}",
        seen=seen.systems_seen,
        systems=seen.systems,
        out=bytes_text(seen.bytes_out),
        known=f"{seen.known_share:.0%}",
        clear=f"{seen.clear_share:.0%}",
        background=bytes_text(seen.background_bytes),
        lost=bytes_text(seen.lost_bytes),
        dropped=f"{seen.dropped_packets:,}",
    )
    if seen.unseen_systems:
        yield f"{said(language, 'blind', TITLES)}: {', '.join(seen.unseen_systems)}"
    if seen.is_partial:
        yield said(language, "partial", TITLES)


def unseen_lines(register: Register, language: str) -> list[str]:
    """Return the declared transfers that were not seen, each with what can be said of it."""
    if not register.is_compared:
        return [said(language, "no_sheet", TITLES)]
    return [
        f"{said(language, 'unseen', TITLES)}: {' -> '.join(_who(one))}, {one.category}: "
        f"{said(language, one.answer)} ({said(language, one.why)})"
        for one in register.unseen
    ]


def csv_of(register: Register, language: str) -> str:
    """Return the register as CSV, one line per entry and one per declared transfer that was not seen."""
    rows = [{**entry.flat(register.today), "answer": "yes"} for entry in register.entries]
    rows += [_unseen_row(one) for one in register.unseen]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["register_id"]
    file = io.StringIO()
    sheet = csv.writer(file, lineterminator="\r\n")
    sheet.writerow([*names, "stale_sources"])
    old = "; ".join(register.stale)
    for row in rows:
        sheet.writerow([*(_safe(_cell(name, row.get(name, ""), language)) for name in names), _safe(old)])
    return file.getvalue()


def _unseen_row(one: Unseen) -> dict[str, Any]:
    exporter, recipient = _who(one)
    return {
        "source_assets": exporter, "recipient_group": recipient, "data_category": one.category, "declared": "yes",
        "gaps": "declared, not observed", "answer": one.answer, "why": one.why,
    }  # fmt: skip


def _who(one: Unseen) -> tuple[str, str]:
    return one.exporter, one.recipient


def _cell(name: str, value: Any, language: str) -> str:
    vocabularies = {"data_category": CATEGORIES, "means": MEANS}
    words = vocabularies.get(name)
    if name in ("evidence", "register_id", "recipient_domains", "recipient_group", "recipient_operator"):
        return str(value)
    parts = [said(language, part, words) if words else said(language, part) for part in str(value).split("; ")]
    return "; ".join(parts)


def _safe(text: str) -> str:
    """Return a cell that no program takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _heading(language: str) -> str:
    titles = [said(language, name, TITLES) for name in COLUMNS]
    return "  ".join(_fit(title, width) for title, width in zip(titles, WIDTHS, strict=True)).rstrip()


def _entry_lines(entry: Entry, language: str, *, is_compared: bool) -> Iterator[str]:
    declared = said(language, entry.declared) if is_compared else "-"
    cells = (
        entry.period, ", ".join(entry.source_assets), entry.recipient_group,
        said(language, entry.data_category, CATEGORIES), country(entry.located), country(entry.registered),
        country(entry.controlling), bytes_text(entry.bytes_out), declared,
    )  # fmt: skip
    yield "  ".join(_fit(cell, width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
    told = [
        *(said(language, means, MEANS) for means in entry.means),
        f"{said(language, 'clear', TITLES)} {entry.clear_share:.0%}",
        said(language, entry.legal_tool),
        *(f"{said(language, 'gap', TITLES)}: {said(language, gap)}" for gap in entry.gaps),
    ]
    if entry.records:
        told.append(f"{said(language, 'records', TITLES)} {records_text(entry)}")
    yield f"{'':8}  {entry.register_id}: {'; '.join(told)}"


def records_text(entry: Entry) -> str:
    """Return how many messages there were: a number that was counted, or an interval."""
    if entry.records is None:
        return ""
    low, high = entry.records
    return f"{low:,}" if low == high else f"{low:,} - {high:,}"


def country(told: Told) -> str:
    """Return a country, or that it is not known."""
    return told.value or "?"


def _fit(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
