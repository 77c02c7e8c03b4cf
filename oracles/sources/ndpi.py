"""nDPI's regression results: labels, host names, JA3 and JA4 per flow (corpus: ndpi/expected.json)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen, endpoints, names

EXACT, ANY, HOST, JA3, JA4 = "label exact", "label any part", "host name", "ja3", "ja4"
UNKNOWN = "Unknown"
CONNECTED = ("tcp", "udp")
"""Transports whose ports it prints; of others it prints 0."""


class Ndpi(Adapter):
    """Flow by flow: the label's parts against our services and applications."""

    name = "ndpi"
    title = "nDPI"
    bars: ClassVar = {EXACT: 0.72, ANY: 0.85, JA3: 1.0, JA4: 1.0}
    macro = frozenset((EXACT, ANY))

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Flows by capture."""
        path = corpus / "ndpi" / "expected.json"
        if not path.is_file():
            return {}
        return {file: said["flows"] for file, said in json.loads(path.read_text(encoding="utf-8")).items()}

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each label, host name and fingerprint."""
        ours = by_endpoints(seen.flows)
        for said in truth:
            flows = ours.get(endpoints(said["src"], said["sport"], said["dst"], said["dport"]), [])
            flow = _telling(flows)
            yield from _labels(said["protocol"], flow)
            yield from _values(said, flows)


def by_endpoints(flows: list[dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
    """Return our flows by their two ends."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for flow in flows:
        ports = (flow["orig_port"], flow["resp_port"]) if flow["transport"] in CONNECTED else (0, 0)
        found[endpoints(flow["orig_addr"], ports[0] or 0, flow["resp_addr"], ports[1] or 0)].append(flow)
    return found


def _telling(flows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the flow that tells most: one that is named, and by more than its port."""
    if not flows:
        return None
    return max(flows, key=lambda flow: (bool(flow["service"]), flow["confidence"] != "port only", flow["orig_packets"]))


def _labels(label: str, flow: dict[str, Any] | None) -> Iterator[Score]:
    theirs = label.split(".")
    ours = our_names(flow) if flow else {"(no flow)"}
    if label == UNKNOWN:
        agrees = [not ours]
        is_exact = not ours
    else:
        known = [names("ndpi").get(part, frozenset((part.lower(),))) for part in theirs]
        owner = owners(flow) if flow else set()
        agrees = [
            bool(part & ours) or bool(names("ndpi_owners").get(word, frozenset((word.lower(),))) & owner)
            for word, part in zip(theirs, known, strict=True)
        ]
        is_exact = all(agrees) and all(any(name in part for part in known) for name in ours)
    note = f"{label} <> {','.join(sorted(ours)) or '-'}"
    yield Score(EXACT, theirs[0], is_exact, 1, "" if is_exact else note)
    yield Score(ANY, theirs[0], any(agrees), 1, "" if any(agrees) else note)


def our_names(flow: dict[str, Any]) -> set[str]:
    """Return every name a flow has of us, in lower case."""
    said = (flow["service_stack"] or flow["service"] or "").split(",")
    return {name for name in (*said, (flow["app"] or "").lower()) if name}


def owners(flow: dict[str, Any]) -> set[str]:
    """Return who runs the ends, in lower case: labels such as TLS.Google name an owner behind the protocol."""
    return {owner.lower() for owner in (flow["orig_operator"], flow["resp_operator"]) if owner}


def _values(said: dict[str, Any], flows: list[dict[str, Any]]) -> Iterator[Score]:
    group = said["protocol"].split(".")[0]
    if said.get("hostname") and group not in ("DNS", "MDNS", "LLMNR", "NetBIOS"):
        theirs = said["hostname"].lower().rstrip(".")
        ours = {(flow["server_name"] or "").lower().rstrip(".") for flow in flows}
        yield Score(HOST, group, theirs in ours, 1, "" if theirs in ours else f"{theirs} <> {sorted(ours)}")
    for name, measure in (("ja3", JA3), ("ja4", JA4)):
        if said.get(name):
            ours = {flow[name] for flow in flows}
            agrees = said[name] in ours
            yield Score(measure, group, agrees, 1, "" if agrees else f"{said[name]} <> {sorted(map(str, ours))}")
