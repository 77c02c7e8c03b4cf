"""Much gathered from machines inside, then much pushed outside (gather and push; MITRE ATT&CK T1074, T1567)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import WHOLE_CASE, Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

WINDOW_NS = 24 * 3_600 * 10**9
"""Time before the push in which what was gathered counts (a first guess)."""
MIN_SHARE = 0.5
"""Of what was gathered, that goes out (a first guess)."""
MIN_BYTES = 10_000_000
MIN_RATIO = 0.4
MAX_PLACES = 20
"""Places outside that a host pushes to: more has a proxy or mail server, whose work this is."""
HOUSEKEEPING = ["ntp", "dns", "stun", "icmp"]
SERVED = ["smtp", "dns", "ntp", "http1", "rtp", "sip"]
"""Services by which servers take from many and pass on."""

PUSHES = """
SELECT orig_addr, peer, max(server_name) AS server_name, min(resp_addr) AS resp_addr,
       max(resp_registered) AS registered, max(resp_operator) AS operator, max(resp_controlling) AS controlling,
       sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns,
       max(last_ns) AS last_ns, (list(flow_id ORDER BY orig_bytes DESC, flow_id))[:500] AS flow_ids
FROM outward
WHERE orig_addr IN (SELECT unnest($hosts)) AND NOT list_contains($housekeeping, coalesce(service, ''))
GROUP BY orig_addr, peer
HAVING sum(orig_bytes) >= $min_bytes
ORDER BY orig_addr, peer
"""

PUSHING = """
SELECT orig_addr FROM outward WHERE NOT list_contains($housekeeping, coalesce(service, ''))
GROUP BY orig_addr
HAVING sum(orig_bytes) >= $min_bytes AND count(DISTINCT peer) FILTER (WHERE orig_bytes >= 1000000) <= $max_places
"""

GATHERED = """
WITH taken AS (
    SELECT resp_addr AS source, resp_bytes AS n_bytes, flow_id FROM flows
    WHERE orig_addr = $host AND orig_is_own AND resp_is_own AND ts_ns BETWEEN $from_ns AND $to_ns
    UNION ALL
    SELECT orig_addr, orig_bytes, flow_id FROM flows
    WHERE resp_addr = $host AND orig_is_own AND resp_is_own AND ts_ns BETWEEN $from_ns AND $to_ns
      AND NOT list_contains($served, coalesce(service, ''))
)
SELECT coalesce(sum(n_bytes), 0)::BIGINT AS gathered, count(DISTINCT source) FILTER (WHERE n_bytes > 0) AS n_sources,
       (list(flow_id ORDER BY n_bytes DESC, flow_id))[:500] AS flow_ids
FROM taken
"""


class Staging(Detector):
    """A host that gathers inside and pushes outside within a day."""

    name = "staging"
    question = "Does a machine gather data inside and then push it outside?"
    reads = ("flows",)
    floor = Floor(n_outward=1, out_bytes=MIN_BYTES)
    partition_by = WHOLE_CASE

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and place; what was gathered before the capture began cannot be seen."""
        least: dict[str, Any] = {"min_bytes": MIN_BYTES, "housekeeping": HOUSEKEEPING}
        hosts = [row["orig_addr"] for row in tables.sql(PUSHING, max_places=MAX_PLACES, **least)]
        for push in tables.sql(PUSHES, hosts=hosts, **least) if hosts else ():
            ratio = (push["sent"] - push["received"]) / (push["sent"] + push["received"])
            if ratio < MIN_RATIO or is_background(push["peer"]):
                continue
            (gather,) = tables.sql(
                GATHERED,
                host=push["orig_addr"],
                from_ns=push["first_ns"] - WINDOW_NS,
                to_ns=push["first_ns"],
                served=SERVED,
            )
            if gather["gathered"] >= MIN_BYTES and push["sent"] >= MIN_SHARE * gather["gathered"]:
                yield _finding(push, gather)


def _finding(push: dict[str, Any], gather: dict[str, Any]) -> Finding:
    peer = peer_text(push["resp_addr"], push["server_name"], push["registered"], push["operator"], push["controlling"])
    share = push["sent"] / gather["gathered"]
    parts = (
        ScorePart("bytes gathered inside in the day before", gather["gathered"], 40.0),
        ScorePart("share of that which went out", round(share, 3), round(60 * min(share, 1.0), 1)),
    )
    return Finding(
        title=(
            f"{push['orig_addr']} gathered {bytes_text(gather['gathered'])} from "
            f"{count_text(gather['n_sources'], 'machine')} inside and then sent {bytes_text(push['sent'])} to {peer}, "
            f"{when_text(push['first_ns'], push['last_ns'])}"
        ),
        severity=Severity.MEDIUM,
        confidence=0.5,
        who=push["orig_addr"],
        what=push["peer"],
        first_ns=push["first_ns"],
        last_ns=push["last_ns"],
        n_bytes=push["sent"],
        flow_ids=tuple(sorted({*push["flow_ids"], *gather["flow_ids"]})),
        innocent=("a backup that is kept outside by order", "a server that collects for a partner by agreement"),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1074.002",
        facts={"registered": f"{push['registered'] or 'not known'} ({REGISTRY_ONLY})"},
    )
