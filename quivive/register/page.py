"""The register as one HTML page that needs nothing else; old sources are warned of on every printed page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from quivive.flows.jurisdiction import Told
from quivive.kit.finding_words import bytes_text
from quivive.register.build import Register
from quivive.register.entry import LISTED, Entry
from quivive.register.text import coverage_lines, records_text, unseen_lines, warnings
from quivive.register.words import CATEGORIES, MEANS, TITLES, said

STYLE = """
body { font: 14px/1.4 sans-serif; margin: 2em; color: #111; } h1 { font-size: 1.5em; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #999; padding: .3em .5em;
vertical-align: top; text-align: left; } th { background: #eee; } small { color: #444; display: block; }
.old th { background: #ffd9b3; color: #000; } .gap { background: #ffe9e9; }
thead { display: table-header-group; } tr { page-break-inside: avoid; } @page { size: A4 landscape; margin: 1.5cm; }
"""
COLUMNS = ("period", "exporter", "recipient", "category", "located", "registered", "controlling", "means", "bytes",
           "records", "clear", "legal", "declared", "evidence")  # fmt: skip


def html_of(register: Register, language: str) -> str:
    """Return the register as HTML. Warnings stand in the table's head, which printers repeat on every page."""
    title = said(language, "register", TITLES) + (f" - {register.entity}" if register.entity else "")
    parts = [
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>",
        f"<p>{escape(said(language, 'advice', TITLES))}</p>",
        f"<h2>{escape(said(language, 'coverage', TITLES))}</h2>",
        *(f"<p>{escape(line)}</p>" for line in coverage_lines(register, language)),
        "<table><thead>",
        *_warned(register, language),
        "<tr>"
        + "".join(f"<th>{escape(said(language, name, TITLES))}</th>" for name in COLUMNS)
        + "</tr></thead><tbody>",
        *(_row(entry, register, language) for entry in register.entries),
        "</tbody></table>",
    ]
    if not register.entries:
        parts.append(f"<p>{escape(said(language, 'empty', TITLES))}</p>")
    parts += [f"<p>{escape(line)}</p>" for line in unseen_lines(register, language)]
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _warned(register: Register, language: str) -> Iterator[str]:
    for line in warnings(register, language):
        yield f'<tr class="old"><th colspan="{len(COLUMNS)}">{escape(line)}</th></tr>'


def _row(entry: Entry, register: Register, language: str) -> str:
    names = entry.recipient_domains[:LISTED]
    more = len(entry.recipient_domains) - len(names)
    cells = [
        escape(entry.period),
        _two(", ".join(entry.source_assets), entry.register_id),
        _two(entry.recipient_group, ", ".join(names) + (f" +{more}" if more else "")),
        escape(said(language, entry.data_category, CATEGORIES)),
        *(_place(told, register, language) for told in (entry.located, entry.registered, entry.controlling)),
        escape(", ".join(said(language, means, MEANS) for means in entry.means)),
        escape(bytes_text(entry.bytes_out)),
        escape(records_text(entry)),
        f"{entry.clear_share:.0%}",
        _two(said(language, entry.legal_tool), entry.adequacy),
        _two(said(language, entry.declared) if register.is_compared else "-",
             ", ".join(said(language, gap) for gap in entry.gaps)),
        ", ".join(map(str, entry.evidence)),
    ]  # fmt: skip
    marked = ' class="gap"' if entry.gaps else ""
    return f"<tr{marked}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _place(told: Told, register: Register, language: str) -> str:
    if told.value is None:
        return escape(said(language, "unknown"))
    age = told.age_days(register.today)
    dated = "?" if age is None else f"{told.day} ({age} d)"
    return _two(told.value, f"{told.source}; {dated}")


def _two(first: str, second: str) -> str:
    return escape(first) + (f"<small>{escape(second)}</small>" if second else "")
