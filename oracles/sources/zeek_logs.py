"""Zeek's protocol logs of its own test traces: rows and fields (corpus: **/*.zeek.json; conn.log has its own file)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen, endpoints
from oracles.mapping import NOT_ASKED, View, views

ROWS, FIELDS = "rows found", "fields equal"
OPEN = ("-", "(empty)", "<empty>")
"""Values that say nothing: what they leave open is not asked."""

ENDS = ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
OURS = ("f.orig_addr", "f.orig_port", "f.resp_addr", "f.resp_port")


class ZeekLogs(Adapter):
    """Log by log, row by row: the nearest of our rows between the same two ends."""

    name = "zeek_logs"
    title = "Zeek protocol logs"
    bars: ClassVar = {FIELDS: 0.90, ROWS: 0.90}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Rows by log of each trace; where several tests wrote a log, the one with most rows."""
        found: dict[str, Any] = {}
        for path in sorted(corpus.glob("*/**/*.zeek.json")):
            said = json.loads(path.read_text(encoding="utf-8"))
            logs = _logs(said) if isinstance(said, dict) else {}
            if logs:
                found[str(path.relative_to(corpus)).removesuffix(".zeek.json")] = logs
        return found

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each row and each of its fields that is mapped."""
        for log, rows in truth.items():
            view = views("zeek")[log]
            yield from _rows(log, view, [row for row in rows if _is_asked(row, view)], seen)


def _logs(tests: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    logs: dict[str, list[dict[str, str]]] = {}
    for test in tests.values():
        for name, log in ((test.get("logs") or {}) if isinstance(test, dict) else {}).items():
            rows = _read(log) if name.removesuffix(".log") in views("zeek") else []
            if len(rows) > len(logs.get(name.removesuffix(".log"), [])):
                logs[name.removesuffix(".log")] = rows
    return logs


def _read(log: Any) -> list[dict[str, str]]:
    if not log or not log.get("fields") or "ts" not in log["fields"]:
        return []
    return [dict(zip(log["fields"], row, strict=False)) for row in log["rows"] if isinstance(row, list)]


def _is_asked(row: dict[str, str], view: View) -> bool:
    return any(row.get(field, "-") not in OPEN for field in view.fields if field not in ENDS)


def _rows(log: str, view: View, rows: list[dict[str, str]], seen: Seen) -> Iterator[Score]:
    wanted = sorted(field for field in view.fields if any(row.get(field, "-") not in OPEN for row in rows))
    if "f." in view.source or " f " in view.source:
        view = view._replace(fields={**view.fields, **dict(zip(ENDS, OURS, strict=True))})
        wanted = sorted({*wanted, *ENDS})
    ours = view.rows(seen, wanted)
    for row in rows:
        near = [one for one in ours if _same_ends(row, one)]
        if not near:
            note = f"no row between {' '.join(row.get(end, '-') for end in ENDS)}"
            yield Score(ROWS, log, 0, 1, note)
            yield from (Score(FIELDS, f"{log}.{field}", 0, 1, note) for field in wanted if _is_said(row, field))
            continue
        best = max(near, key=lambda one: sum(equal(one[field], row[field]) for field in wanted if _is_said(row, field)))
        ours.remove(best)
        yield Score(ROWS, log, 1, 1)
        yield from _fields(log, row, best, wanted)


def _is_said(row: dict[str, str], field: str) -> bool:
    return field not in ENDS and row.get(field, "-") not in OPEN


def _same_ends(row: dict[str, str], one: dict[str, Any]) -> bool:
    if "id.orig_h" not in one or row.get("id.orig_h", "-") == "-":
        return True
    ports = [int(row[end]) if row.get(end, "-").isdigit() else 0 for end in ENDS[1::2]]
    theirs = endpoints(row["id.orig_h"], ports[0], row.get("id.resp_h", "-"), ports[1])
    return theirs == endpoints(
        one["id.orig_h"], one["id.orig_p"] or 0, one["id.resp_h"], one["id.resp_p"] or 0
    ) or not any(ports)


def _fields(log: str, row: dict[str, str], one: dict[str, Any], wanted: list[str]) -> Iterator[Score]:
    for field in wanted:
        if _is_said(row, field) and NOT_ASKED not in written(one[field]):
            agrees = equal(one[field], row[field])
            note = "" if agrees else f"{row[field]} <> {written(one[field])}"
            yield Score(FIELDS, f"{log}.{field}", agrees, 1, note)


def written(value: Any) -> str:
    """Return a value of ours as Zeek writes it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, list):
        return ",".join(map(written, value)) or "(empty)"
    return str(value)


def equal(ours: Any, theirs: str) -> bool:
    """Return whether a value of ours is what Zeek wrote: numbers by value, sets and lists in any order."""
    text = written(ours)
    if text == theirs or sorted(text.split(",")) == sorted(theirs.split(",")):
        return True
    pairs = list(zip(text.split(","), theirs.split(","), strict=False))
    return text.count(",") == theirs.count(",") and all(_alike(*pair) for pair in pairs)


def _alike(ours: str, theirs: str) -> bool:
    try:
        return abs(float(ours) - float(theirs)) <= 1e-4 * max(1.0, abs(float(theirs)))
    except ValueError:
        return {"true": "t", "false": "f"}.get(ours, unescaped(ours).lower()) == unescaped(theirs).lower()


def unescaped(text: str) -> str:
    """Return a text without the doubled backslashes of a log."""
    while "\\\\" in text:
        text = text.replace("\\\\", "\\")
    return text.strip("\\?\0")
