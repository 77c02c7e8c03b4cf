"""A second machine that hands out addresses: it decides through whom its clients speak (MITRE ATT&CK T1557.003)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import count_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

TWICE_ANSWERED = """
SELECT client_mac FROM dhcp WHERE dhcp_message IN ('OFFER', 'ACK')
GROUP BY client_mac HAVING count(DISTINCT dhcp_server_addr) > 1 LIMIT 1
"""

SERVERS = """
WITH answers AS (
    SELECT coalesce(f.vlan_id, -1) AS vlan, d.client_mac, d.dhcp_server_addr AS server, d.ts_ns, d.flow_id,
           f.orig_bytes, list_sort(d.routers) AS routers, list_sort(d.name_servers) AS name_servers
    FROM dhcp AS d JOIN flows AS f USING (flow_id)
    WHERE d.dhcp_message IN ('OFFER', 'ACK') AND d.dhcp_server_addr IS NOT NULL AND d.client_mac IS NOT NULL
      AND coalesce(d.relay_addr, '0.0.0.0') = '0.0.0.0'
), rivals AS (
    SELECT later.vlan, later.server, earlier.server AS known_server, count(DISTINCT later.client_mac) AS n_clients,
           bool_or(later.routers IS DISTINCT FROM earlier.routers
                   OR later.name_servers IS DISTINCT FROM earlier.name_servers) AS differs
    FROM answers AS later JOIN answers AS earlier
      ON later.vlan = earlier.vlan AND later.client_mac = earlier.client_mac AND later.server <> earlier.server
    GROUP BY ALL
), servers AS (
    SELECT vlan, server, min(ts_ns) AS first_ns, max(ts_ns) AS last_ns, count(*) AS n_answers,
           (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids, any_value(routers ORDER BY ts_ns) AS routers,
           any_value(name_servers ORDER BY ts_ns) AS name_servers
    FROM answers GROUP BY ALL
)
SELECT r.vlan, r.server, r.known_server, r.n_clients, r.differs, s.first_ns, s.last_ns, s.n_answers, s.flow_ids,
       s.routers, s.name_servers
FROM rivals AS r JOIN servers AS s USING (vlan, server)
     JOIN servers AS k ON k.vlan = r.vlan AND k.server = r.known_server
WHERE (s.first_ns, r.server) > (k.first_ns, r.known_server)
ORDER BY r.vlan, r.server, r.known_server
"""


class RogueDhcp(Detector):
    """Two servers that offer addresses to the same machine."""

    name = "rogue_dhcp"
    question = "Does a second machine hand out addresses on a network?"
    reads = ("dhcp", "flows")
    partition_by = "vlan_id"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per server that answers clients of one seen before it."""
        for row in tables.sql(SERVERS) if list(tables.sql(TWICE_ANSWERED)) else ():
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    ways = "by other routers or name servers" if row["differs"] else "by the same routers and name servers"
    parts = (
        ScorePart("clients answered by both", row["n_clients"], 40.0),
        ScorePart("sends its clients another way", float(row["differs"]), 60.0 if row["differs"] else 0.0),
    )
    return Finding(
        title=(
            f"{row['server']} hands out addresses beside {row['known_server']}, to "
            f"{count_text(row['n_clients'], 'machine')} of its, and sends them {ways}, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.HIGH if row["differs"] else Severity.LOW,
        confidence=0.7 if row["differs"] else 0.4,
        who=row["server"],
        what=f"address service beside {row['known_server']}",
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=0,
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "two servers that share the work or take over for each other",
            "a router or telephone that somebody plugged in without bad intent",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1557.003",
        facts={
            "routers": ", ".join(row["routers"] or ["none told"]),
            "name servers": ", ".join(row["name_servers"] or ["none told"]),
            "known server": "the one seen first; the case cannot tell which of them belongs here",
        },
    )
