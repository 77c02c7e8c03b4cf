"""Suricata's own tests: how many events of which content a capture gives (corpus: suricata/expected.json)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen
from oracles.mapping import View, views

FILTERS, KNOWN = "filters", "filters, fields that we have"
WAITING = "waits for content"
INDEX = re.compile(r"\[(\d+)\]")
ANY_EVENT = "-"
TYPES_WAITING = ("fileinfo",)
"""Reported apart: rebuilt files are another issue's matter."""

PLACES = frozenset(("pcap_cnt", "tx_id", "dns.tx_id", "pgsql.tx_id", "fileinfo.tx_id"))
"""Which packet or transaction is meant, in their numbering: with one of these there may be more of the same."""

SUFFIXES = ("__len", "__startswith", "__endswith", "__contains")


class Suricata(Adapter):
    """Filter by filter: as many events of ours must match as theirs did; text is compared without regard to case."""

    name = "suricata"
    title = "Suricata (filters of suricata-verify that need no rules)"
    bars: ClassVar = {FILTERS: 0.85}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Filters by capture, without those for versions gone by."""
        path = corpus / "suricata" / "expected.json"
        if not path.is_file():
            return {}
        said = json.loads(path.read_text(encoding="utf-8"))
        asked = {file: [one for test in tests for one in _filters(test)] for file, tests in said.items()}
        return {file: filters for file, filters in asked.items() if filters}

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each filter."""
        for said in truth:
            wanted = {key: value for key, value in expanded(said["match"]) if key != "event_type"}
            kind = said["match"].get("event_type") or kind_of(wanted)
            view = views("suricata").get(kind)
            if view is None or (reason := view.not_asked.get("*")) is None:
                yield from _score(kind, view, wanted, said["count"], seen)
            else:
                yield Score("not asked", kind, 0, 0, reason)


def _filters(test: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in test["filters"]:
        requires = one.get("requires") or {}
        if not one["needs_rules"] and "match" in one and "lt-version" not in requires:
            yield {"match": one["match"], "count": one["count"]}


def kind_of(wanted: dict[str, Any]) -> str:
    """Return the event type that a filter without one means: that of its fields."""
    return next((key.partition(".")[0] for key in wanted if "." in key), ANY_EVENT)


def expanded(match: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each field with its full name: a filter may give a whole object."""
    for key, value in match.items():
        if isinstance(value, dict):
            yield from expanded(value, f"{before}{key}.")
        else:
            yield before + key, value


def _score(kind: str, view: View | None, wanted: dict[str, Any], count: int, seen: Seen) -> Iterator[Score]:
    measure = WAITING if kind in TYPES_WAITING else FILTERS
    if view is None:
        yield Score(measure, kind, 0, 1, "no such events")
        return
    asked = {key: value for key, value in wanted.items() if not _is_left_out(key, value, view)}
    lacking = sorted(
        {name for key, value in asked.items() for name in columns_of(key, value) if name not in view.fields}
    )
    known = {key: value for key, value in asked.items() if not set(columns_of(key, value)) & set(lacking)}
    rows = view.rows(seen, {name for key, value in known.items() for name in columns_of(key, value)})
    n_found = sum(all(matches(row, key, value) for key, value in known.items()) for row in rows)
    agrees = _is_met(count, n_found, wanted)
    is_whole = agrees and not lacking
    note = f"no column for {', '.join(lacking)}" if lacking else f"{count} <> {n_found} {json.dumps(known)[:300]}"
    yield Score(measure, kind, is_whole, 1, "" if is_whole else note)
    if measure == FILTERS:
        yield Score(KNOWN, kind, agrees, 1)


def _is_met(count: int, n_found: int, wanted: dict[str, Any]) -> bool:
    """Return whether the number is theirs; of a place that is named there may be more elsewhere, before it at most."""
    if not PLACES & set(wanted):
        return n_found == count
    return n_found >= count if count else n_found <= max(wanted.get(place, 0) for place in PLACES)


def _is_left_out(key: str, value: Any, view: View) -> bool:
    """Return whether a field says nothing of the traffic, as the mapping says with a reason."""
    return key in PLACES or all(_plain(name) in view.not_asked for name in columns_of(key, value))


def columns_of(key: str, value: Any) -> list[str]:
    """Return the fields, without list positions, that one condition of a filter looks at."""
    if key in ("has-key", "not-has-key"):
        return [_plain(name) for name in (value if isinstance(value, list) else [value])]
    return [_plain(key)]


def _plain(key: str) -> str:
    head, _, last = key.rpartition(".")
    return INDEX.sub("[]", head if last in SUFFIXES else key)


def matches(row: dict[str, Any], key: str, value: Any) -> bool:
    """Return whether one of our events meets one condition."""
    if key in ("has-key", "not-has-key"):
        names = value if isinstance(value, list) else [value]
        return all((_picked(row, name) not in (None, [])) == (key == "has-key") for name in names)
    head, _, last = key.rpartition(".")
    if last not in SUFFIXES:
        return equal(_picked(row, key), value)
    ours = _picked(row, head)
    if ours is None:
        return False
    if last == "__len":
        return len(ours) == value
    text = str(ours).lower()
    said = str(value).lower()
    return {"__startswith": text.startswith, "__endswith": text.endswith, "__contains": text.__contains__}[last](said)


def _picked(row: dict[str, Any], key: str) -> Any:
    """Return the value of a field, at the list positions that a key names."""
    value = row[_plain(key)]
    for index in map(int, INDEX.findall(key)):
        if not isinstance(value, list):
            return None
        value = value[index] if index < len(value) else None
    return value


def equal(ours: Any, theirs: Any) -> bool:
    """Return whether two values are the same; a list of ours where theirs is one value holds words for the same."""
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(equal(ours.get(key), value) for key, value in theirs.items())
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(equal, ours, theirs))
    if isinstance(ours, list):
        return any(equal(one, theirs) for one in ours)
    if isinstance(theirs, bool) or isinstance(ours, bool) or ours is None:
        return ours is theirs
    if isinstance(theirs, int | float) and isinstance(ours, int | float):
        return abs(ours - theirs) < 1e-6
    return _folded(str(ours)) == _folded(str(theirs))


def _folded(text: str) -> str:
    if text.count(":") >= 2:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            pass
    return text.lower()
