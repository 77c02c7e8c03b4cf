"""Zeek's conn.log of its own test traces (corpus: zeek/**/*.zeek.json)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen, endpoints, names

ROWS, FIELDS, SERVICES = "flows found", "fields equal", "service"
COUNTS = {
    "orig_bytes": "orig_bytes",
    "resp_bytes": "resp_bytes",
    "orig_pkts": "orig_packets",
    "resp_pkts": "resp_packets",
    "orig_ip_bytes": "orig_ip_bytes",
    "resp_ip_bytes": "resp_ip_bytes",
    "conn_state": "state",
    "history": "history",
}


class ZeekConn(Adapter):
    """Connection by connection: sizes, state, history and service."""

    name = "zeek_conn"
    title = "Zeek conn.log"
    bars: ClassVar = {FIELDS: 0.97, ROWS: 0.97}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Rows of the conn.log of each trace; where several tests wrote one, the one with most rows."""
        found: dict[str, Any] = {}
        for path in sorted((corpus / "zeek").glob("**/*.zeek.json")):
            logs = [_conn_log(test) for test in json.loads(path.read_text(encoding="utf-8")).values()]
            rows = max(logs, key=len, default=[])
            if rows:
                found[str(path.relative_to(corpus)).removesuffix(".zeek.json")] = rows
        return found

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each connection and each of its fields."""
        ours = defaultdict(list)
        for flow in seen.flows:
            ends = endpoints(flow["orig_addr"], flow["orig_port"] or 0, flow["resp_addr"], flow["resp_port"] or 0)
            ours[ends].append(flow)
        for row in truth:
            ends = endpoints(row["id.orig_h"], _number(row["id.orig_p"]), row["id.resp_h"], _number(row["id.resp_p"]))
            flows = ours.get(ends, [])
            yield Score(ROWS, row["proto"], bool(flows), 1, "" if flows else f"{ends}")
            if flows:
                flow = max(flows, key=lambda flow: _n_equal(row, flow))
                flows.remove(flow)
                yield from _fields(row, flow)
                yield from _service(row, flow)


def _conn_log(test: Any) -> list[dict[str, str]]:
    log = (test.get("logs") or {}).get("conn.log") if isinstance(test, dict) else None
    if not log or not log.get("fields") or "id.orig_h" not in log["fields"] or "proto" not in log["fields"]:
        return []
    return [dict(zip(log["fields"], row, strict=False)) for row in log["rows"] if isinstance(row, list)]


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _pairs(row: dict[str, str], flow: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield field, theirs, ours; what they leave open ("-") is not asked."""
    for theirs, ours in COUNTS.items():
        if row.get(theirs, "-") != "-":
            yield theirs, row[theirs], str(flow[ours] if flow[ours] is not None else "-")


def _n_equal(row: dict[str, str], flow: dict[str, Any]) -> int:
    return sum(said == ours for _, said, ours in _pairs(row, flow))


def _fields(row: dict[str, str], flow: dict[str, Any]) -> Iterator[Score]:
    for field, said, ours in _pairs(row, flow):
        yield Score(FIELDS, f"{field} ({row['proto']})", said == ours, 1, "" if said == ours else f"{said} <> {ours}")


def _service(row: dict[str, str], flow: dict[str, Any]) -> Iterator[Score]:
    ours = set((flow["service_stack"] or flow["service"] or "").split(",")) - {""}
    for word in row.get("service", "-").split(","):
        if word != "-":
            agrees = bool(names("zeek").get(word, frozenset((word,))) & ours)
            yield Score(SERVICES, word, agrees, 1, "" if agrees else f"{word} <> {','.join(sorted(ours)) or '-'}")
