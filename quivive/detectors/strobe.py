"""One connection after the other to the same place, a second apart or less (RITA's strobe; MITRE ATT&CK T1071)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

DAY_CONNECTIONS = 86_400
HOUR_CONNECTIONS = 3_600
"""One a second: for a day as RITA has it, or for an hour where the case is shorter."""
HOUSEKEEPING = ["dns", "ntp", "icmp", "mdns", "ssdp", "stun", "snmp", "syslog"]
"""Services of single questions: a resolver or a monitor asks many a second by design."""

STROBES = """
WITH often AS (
    SELECT orig_addr, peer FROM outward
    WHERE transport IN ('tcp', 'udp') AND NOT list_contains($housekeeping, coalesce(service, ''))
    GROUP BY ALL HAVING count(*) >= $hour_connections
), hours AS (
    SELECT orig_addr, peer, ts_ns // 3600000000000 AS hour,
           max(server_name) AS server_name, min(resp_addr) AS resp_addr, max(resp_registered) AS registered,
           count(*) AS n_flows, min(ts_ns) AS first_ns, max(last_ns) AS last_ns, sum(orig_bytes)::BIGINT AS sent,
           count(*) FILTER (WHERE resp_packets = 0) AS n_unanswered, (list(flow_id ORDER BY flow_id))[:100] AS flow_ids
    FROM outward JOIN often USING (orig_addr, peer)
    WHERE transport IN ('tcp', 'udp') AND NOT list_contains($housekeeping, coalesce(service, ''))
    GROUP BY ALL
)
SELECT orig_addr, peer, max(server_name) AS server_name, min(resp_addr) AS resp_addr, max(registered) AS registered,
       sum(n_flows)::BIGINT AS n_flows, max(n_flows) AS hour_flows, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
       sum(sent)::BIGINT AS sent, sum(n_unanswered)::BIGINT AS n_unanswered,
       (flatten(list(flow_ids ORDER BY hour)))[:1000] AS flow_ids
FROM hours
GROUP BY orig_addr, peer
HAVING max(n_flows) >= $hour_connections OR sum(n_flows) >= $day_connections
ORDER BY orig_addr, peer
"""


class Strobe(Detector):
    """A host that connects to the same place every second."""

    name = "strobe"
    question = "Does a machine connect to the same place outside every second?"
    reads = ("flows",)
    floor = Floor(n_outward=HOUR_CONNECTIONS)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and peer."""
        rows = tables.sql(
            STROBES,
            housekeeping=HOUSEKEEPING,
            hour_connections=HOUR_CONNECTIONS,
            day_connections=DAY_CONNECTIONS,
        )
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    is_known = is_background(row["peer"])
    return Finding(
        title=(
            f"{row['orig_addr']} connected to {peer} {row['n_flows']:,} times, up to {row['hour_flows']:,} an hour, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.NOTE if is_known else Severity.MEDIUM,
        confidence=0.6,
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a program that retries without a pause because the place is down or refuses it",
            "a proxy or gateway through which many machines go",
            "a load test that was ordered",
        ),
        score=float(row["hour_flows"]),
        score_parts=(ScorePart("connections in the busiest hour", row["hour_flows"], float(row["hour_flows"])),),
        attack_id="T1071",
        facts={"without an answer": count_text(row["n_unanswered"], "connection")},
    )
