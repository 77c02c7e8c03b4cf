"""Arkime's sessions of its own test captures (corpus: arkime/*.arkime.json)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen, endpoints
from oracles.mapping import View, views

ROWS, FIELDS = "sessions found", "fields equal"
WITH_PORTS = (6, 17, 132)
ENDS = ("source.ip", "source.port", "destination.ip", "destination.port")


class Arkime(Adapter):
    """Session by session: the flow between the same two ends that agrees most."""

    name = "arkime"
    title = "Arkime sessions"
    bars: ClassVar = {FIELDS: 0.90}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Sessions by capture, each as one flat record."""
        found = {}
        for path in sorted((corpus / "arkime").glob("*.arkime.json")):
            sessions = json.loads(path.read_text(encoding="utf-8"))["sessions3"]
            found[str(path.relative_to(corpus)).removesuffix(".arkime.json")] = [flat(one["body"]) for one in sessions]
        return found

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each session and each of its fields that is mapped."""
        view = views("arkime")["session"]
        ours = _ours(seen, view, {*ENDS, *(field for said in truth for field in said if field in view.fields)})
        for said in truth:
            near = _near(said, ours)
            asked = [field for field in view.fields if field in said]
            if not near:
                yield Score(ROWS, "", 0, 1, " ".join(str(said.get(end)) for end in ENDS))
                continue
            best = max(near, key=lambda one: sum(equal(one[field], said[field]) for field in asked))
            ours.remove(best)
            yield Score(ROWS, "", 1, 1)
            yield from _fields(said, best, asked, view)


def _ours(seen: Seen, view: View, wanted: set[str]) -> list[dict[str, Any]]:
    """Return our flows with some fields, each asked by itself: many subqueries in one take the planner minutes."""
    found: dict[int, dict[str, Any]] = {}
    for field in sorted(wanted):
        for row in seen.asked(f"SELECT f.flow_id, {view.fields[field]} AS held FROM {view.source}"):
            found.setdefault(row["flow_id"], {})[field] = row["held"]
    return list(found.values())


def flat(body: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return a record with dotted names; of a list of records, each field's values together."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                for name, held in one.items():
                    found.setdefault(f"{before}{key}.{name}", []).extend(held if isinstance(held, list) else [held])
        else:
            found[before + key] = value
    return found


def _near(said: dict[str, Any], ours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return our flows between the same ends; where ports are no ports (ICMP), between the same addresses."""
    theirs = _ends(said)
    exact = [one for one in ours if _ends(one) == theirs]
    if exact or said.get("ipProtocol") in WITH_PORTS:
        return exact
    places = {place for place, _ in theirs}
    return [one for one in ours if {place for place, _ in _ends(one)} == places]


def _ends(record: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    places = [_folded(str(record.get(end) or "")) for end in ENDS[::2]]
    ports = [int(record.get(end) or 0) for end in ENDS[1::2]]
    return endpoints(places[0], ports[0], places[1], ports[1])


def _fields(said: dict[str, Any], one: dict[str, Any], asked: list[str], view: View) -> Iterator[Score]:
    for field in asked:
        agrees = equal(one[field], said[field])
        note = "" if agrees else f"{str(said[field])[:150]} <> {str(one[field])[:150]}"
        yield Score(FIELDS, field, agrees, 1, note)


def equal(ours: Any, theirs: Any) -> bool:
    """Return whether two values are the same; lists as sets, text without regard to case."""
    return _set(ours) == _set(theirs)


def _set(value: Any) -> set[str]:
    held = value if isinstance(value, list) else [value]
    return {_folded(str(one)) for one in held if one is not None}


def _folded(text: str) -> str:
    if ":" in text:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            pass
    return text.strip().lower()
