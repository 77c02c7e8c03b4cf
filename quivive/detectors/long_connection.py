"""Connections to outside that stay open for hours (classes as RITA publishes them; MITRE ATT&CK T1071)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, peer_text, span_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

HOUR_NS = 3_600 * 10**9
CLASSES = ((12, 100.0), (8, 80.0), (4, 40.0), (1, 20.0))
"""Hours and points; RITA's high, medium, low and base."""
TOLD_HOURS = 4
"""Shorter ones are told by nobody: mail, chat and push services hold them by the dozen."""
MIN_RATIO, MIN_SENT_BYTES = 0.4, 1_000_000
"""Share by which sending prevails, and bytes, from which a long connection is more than a subscription or reports."""

LONGEST = """
WITH long AS (
    SELECT orig_addr, peer, resp_addr, server_name, resp_registered, service, ts_ns, last_ns,
           last_ns - ts_ns AS lasted_ns, orig_bytes, resp_bytes, flow_id
    FROM outward
    WHERE last_ns - ts_ns >= $least_ns AND orig_packets > 0 AND resp_packets > 0
      AND coalesce(service, '') NOT IN ('ntp', 'dns', 'icmp')
)
SELECT orig_addr, peer, max(server_name) AS server_name, min(resp_addr) AS resp_addr,
       max(resp_registered) AS registered, max(lasted_ns) AS lasted_ns, count(*) AS n_flows,
       sum(orig_bytes)::BIGINT AS sent,
       sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns, max(last_ns) AS last_ns,
       max_by(service, (lasted_ns, flow_id)) AS service, (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM long GROUP BY orig_addr, peer ORDER BY orig_addr, peer
"""


class LongConnection(Detector):
    """A connection to outside that stays open for hours."""

    name = "long_connection"
    question = "Does a machine keep a connection to outside open for hours?"
    reads = ("flows",)
    floor = Floor(n_outward=1, span_ns=TOLD_HOURS * HOUR_NS)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and peer."""
        for row in tables.sql(LONGEST, least_ns=TOLD_HOURS * HOUR_NS):
            if not is_background(row["peer"]):
                yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    hours = row["lasted_ns"] / HOUR_NS
    points = next(points for least, points in CLASSES if hours >= least)
    ratio = (row["sent"] - row["received"]) / max(row["sent"] + row["received"], 1)
    is_told_louder = hours >= CLASSES[0][0] and (
        row["service"] is None or (ratio >= MIN_RATIO and row["sent"] >= MIN_SENT_BYTES)
    )
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    return Finding(
        title=(
            f"{row['orig_addr']} kept a connection to {peer} open for {span_text(row['lasted_ns'] / 1e9)}, sending "
            f"{bytes_text(row['sent'])} and taking {bytes_text(row['received'])}, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW if is_told_louder else Severity.NOTE,
        confidence=0.4 if is_told_louder else 0.3,
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a service that reports or waits for news all day (telemetry, chat, mail, a charging or building system)",
            "a remote session or tunnel of the organisation's own people",
        ),
        score=points,
        score_parts=(ScorePart("hours open", round(hours, 2), points),),
        attack_id="T1071",
        facts={
            "protocol": row["service"] or "not recognised",
            "share by which sending prevails": f"{ratio:.2f}",
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
