"""Findings as STIX 2.1 (OASIS Standard, 10 June 2021): reports with observed data, for those who exchange threat data.

Identifiers follow from what they stand for (version 5 UUIDs, 2.9 of the standard), so that the same case gives the same
bundle, byte for byte.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from quivive.case.access import stamp as time_text
from quivive.kit.detector import Tables
from quivive.mandate.canonical import canonical

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""Namespace that the standard gives to observables (2.9)."""

OWN = uuid.uuid5(uuid.NAMESPACE_URL, "https://quivive.example/stix")
FLOWS_A_FINDING = 200
"""Flows of one finding that are written out; the timeline has more."""

FINDINGS = "SELECT * FROM findings ORDER BY severity_rank DESC, finding_id"
FLOWS = """
SELECT flow_id, ts, last_ts, orig_addr, orig_port, resp_addr, resp_port, transport, service_stack, server_name,
       orig_packets, resp_packets, orig_ip_bytes, resp_ip_bytes
FROM flows WHERE list_contains($flow_ids, flow_id) ORDER BY flow_id
"""
DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)+")
TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")

Item = dict[str, Any]


def bundle(tables: Tables, sealed_at: datetime, case: str) -> Item:
    """Return a bundle of all findings. case: what names the case; sealed_at: stands as the time of making."""
    made = _Maker(sealed_at, case)
    identity = made.domain("identity", "quivive", name="Quivive", identity_class="system")
    for finding in tables.sql(FINDINGS):
        observed = list(tables.sql(FLOWS, flow_ids=list(finding["evidence_flows"] or ())[:FLOWS_A_FINDING]))
        made.finding(finding, observed, identity)
    return {"type": "bundle", "id": f"bundle--{uuid.uuid5(OWN, case)}", "objects": list(made.items.values())}


class _Maker:
    def __init__(self, at: datetime, case: str) -> None:
        self._at = time_text(at)
        self._case = case
        self.items: dict[str, Item] = {}

    def domain(self, kind: str, key: str, **told: Any) -> str:
        """Add an object of the domain; returns its identifier."""
        name = f"{kind}--{uuid.uuid5(OWN, f'{self._case}/{kind}/{key}')}"
        head = {"type": kind, "spec_version": "2.1", "id": name, "created": self._at, "modified": self._at}
        self.items[name] = head | told
        return name

    def observable(self, kind: str, told: Item, counts: tuple[str, ...]) -> str:
        """Add an observable; `counts` are the properties that its identifier is made of."""
        key = canonical({name: told[name] for name in counts if name in told}).decode("utf-8")
        name = f"{kind}--{uuid.uuid5(OBSERVABLES, key)}"
        self.items[name] = {"type": kind, "spec_version": "2.1", "id": name} | told
        return name

    def finding(self, finding: Item, flows: list[Item], identity: str) -> None:
        """Add one finding: a note in words, what was observed, a technique, and a report that holds them together."""
        key, refs = str(finding["finding_id"]), []
        by = {"created_by_ref": identity}
        seen = [ref for flow in flows for ref in self._flow(flow)]
        if seen:
            first, last = min(flow["ts"] for flow in flows), max(flow["last_ts"] for flow in flows)
            told = {"first_observed": _time(first), "last_observed": _time(last), "number_observed": len(flows)}
            refs.append(self.domain("observed-data", key, **by, **told, object_refs=list(dict.fromkeys(seen))))
        if TECHNIQUE.fullmatch(finding["attack_id"] or ""):
            known = [{"source_name": "mitre-attack", "external_id": finding["attack_id"]}]
            technique = finding["attack_id"]
            refs.append(self.domain("attack-pattern", technique, **by, name=technique, external_references=known))
        innocent = "".join(f"\nCould also be: {text}" for text in finding["innocent"] or ())
        content = f"{finding['title']}\nAsked: {finding['question']}{innocent}"
        refs.append(self.domain("note", key, **by, content=content, object_refs=refs or [identity]))
        confidence = {"confidence": round(100 * (finding["finding_confidence"] or 0))}
        name = f"{key}: {finding['title']}"
        told = {"name": name, "published": self._at, "report_types": ["observed-data"], "object_refs": refs}
        self.domain("report", key, **by, **confidence, **told)

    def _flow(self, flow: Item) -> Iterator[str]:
        ends = [self._address(flow[name]) for name in ("orig_addr", "resp_addr")]
        if None in ends:
            return
        yield from (end for end in ends if end)
        services = [one.lower() for one in str(flow["service_stack"] or "").split(",") if one]
        told: Item = {
            "start": _time(flow["ts"]),
            "end": _time(flow["last_ts"]),
            "is_active": False,
            "src_ref": ends[0],
            "dst_ref": ends[1],
            "protocols": ["ipv6" if ":" in flow["orig_addr"] else "ipv4", flow["transport"], *services],
            "src_byte_count": flow["orig_ip_bytes"],
            "dst_byte_count": flow["resp_ip_bytes"],
            "src_packets": flow["orig_packets"],
            "dst_packets": flow["resp_packets"],
        }
        if flow["transport"] in ("tcp", "udp", "sctp"):
            told |= {"src_port": flow["orig_port"], "dst_port": flow["resp_port"]}
        yield self.observable(
            "network-traffic", told, ("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols")
        )
        if flow["server_name"] and DOMAIN.fullmatch(flow["server_name"]):
            yield self.observable("domain-name", {"value": flow["server_name"].lower()}, ("value",))

    def _address(self, text: str) -> str | None:
        try:
            kind = f"ipv{ipaddress.ip_address(text).version}-addr"
        except ValueError:
            return None
        return self.observable(kind, {"value": text}, ("value",))


def _time(moment: datetime) -> str:
    """Return a time as the standard writes it (3.10): UTC, no more digits than it needs, with a Z."""
    at = moment.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}".rstrip("0").rstrip(".") + "Z"
