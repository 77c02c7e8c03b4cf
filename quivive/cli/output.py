"""How answers are written: text for people, csv, json, arrow and parquet for machines."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quivive.api import Case, Picked

NARROWEST, WIDEST = 4, 60


def write(picked: Picked, form: str, out: Path | None) -> None:
    """Write rows in a form, to a file or to standard output."""
    if form == "text":
        lines = "".join(f"{line}\n" for line in text_lines(picked))
        if out is None:
            sys.stdout.write(lines)
        else:
            with out.open("wb") as file, picked.exporting(form, file) as heard:
                heard.write(lines.encode("utf-8", "backslashreplace"))
    elif out is None:
        picked.write(form, sys.stdout.buffer)
    else:
        with out.open("wb") as file:
            picked.write(form, file)


def text_lines(picked: Picked) -> list[str]:
    """Return rows as text: side by side where they fit the terminal, else one field a line."""
    rows = [{name: _cell(value) for name, value in row.items()} for row in picked.rows()]
    if not rows:
        return ["no rows"]
    rows = [{name: row[name] for name in row if any(other[name] for other in rows)} for row in rows]
    widths = {name: min(WIDEST, max(len(name), *(len(row[name]) for row in rows))) for name in rows[0]}
    if sum(widths.values()) + 2 * len(widths) <= max(shutil.get_terminal_size((120, 40)).columns, 100):
        lines = ["  ".join(name.ljust(width) for name, width in widths.items()).rstrip()]
        for row in rows:
            lines.append("  ".join(row[name][:width].ljust(width) for name, width in widths.items()).rstrip())
        return lines
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"- {number}")
        lines += [f"  {name:<24} {value}" for name, value in row.items() if value]
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def print_tables(case: Case) -> None:
    """Print which tables hold rows, and what they are."""
    for name, n_rows, meaning in case.contents():
        print(f"{name:<16} {n_rows:>10,}  {meaning}")


def print_fields(described: list[tuple[str, str, str]]) -> None:
    """Print names, kinds and meanings."""
    width = max(len(name) for name, _, _ in described)
    for name, kind, meaning in described:
        print(f"{name:<{width}}  {kind:<8} {meaning}")


def print_story(story: dict[str, list[dict[str, Any]]]) -> None:
    """Print one flow: its own row, then what each protocol said."""
    for table, rows in story.items():
        print(f"[{table}] {len(rows)}")
        for row in rows:
            told = [f"{name}={_cell(value)}" for name, value in row.items() if value not in (None, "", [])]
            print("  " + "  ".join(told))
