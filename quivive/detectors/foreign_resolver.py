"""Names looked up at a server outside that the network does not name, in clear (MITRE ATT&CK T1071.004, T1557)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import WHOLE_CASE, Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, count_text, peer_text, when_text
from quivive.model.finding import Finding, Severity

MIN_HOSTS = 10
"""Own hosts that look names up, from which the servers that most of them ask are the usual ones."""
USUAL_SHARE = 0.2
MIN_QUESTIONS = 20
"""Questions at the other server: one or two come from a program that tests the way out."""

ASKED_OUTSIDE = """
SELECT orig_addr FROM outward WHERE resp_port = 53
GROUP BY orig_addr, resp_addr HAVING sum(orig_packets) >= $min_questions LIMIT 1
"""

ASKED = """
WITH asked AS (
    SELECT f.orig_addr, f.resp_addr, f.resp_is_own, max(f.resp_registered) AS registered,
           max(f.resp_operator) AS operator, max(f.resp_controlling) AS controlling, count(*) AS n_questions,
           count(DISTINCT d.query) AS n_names, min(d.ts_ns) AS first_ns, max(d.ts_ns) AS last_ns,
           sum(d.message_bytes)::BIGINT AS n_bytes, (list(DISTINCT d.flow_id ORDER BY d.flow_id))[:1000] AS flow_ids
    FROM dns AS d JOIN flows AS f USING (flow_id)
    WHERE NOT d.is_response AND f.orig_is_own AND f.resp_port = 53 AND f.resp_addr NOT IN (SELECT addr FROM nowhere)
    GROUP BY ALL
), told AS (
    SELECT DISTINCT unnest(name_servers) AS resp_addr FROM dhcp WHERE dhcp_message IN ('ACK', 'OFFER')
    UNION SELECT DISTINCT unnest(name_servers) FROM icmp WHERE icmp_type = 134
), hosts AS (
    SELECT count(DISTINCT orig_addr) AS n_hosts FROM asked
), usual AS (
    SELECT resp_addr FROM asked, hosts GROUP BY resp_addr, n_hosts
    HAVING n_hosts >= $min_hosts AND count(*) >= $usual_share * n_hosts
)
SELECT a.*, t.resp_addr IS NOT NULL AS is_told,
       (SELECT count(*) FROM asked AS o WHERE o.resp_addr = a.resp_addr) AS n_asking,
       (SELECT (list(DISTINCT u.resp_addr ORDER BY u.resp_addr))[:4]
        FROM (FROM usual UNION FROM told) AS u) AS usual_servers
FROM asked AS a LEFT JOIN told AS t USING (resp_addr)
WHERE NOT a.resp_is_own AND t.resp_addr IS NULL AND a.resp_addr NOT IN (FROM usual) AND a.n_questions >= $min_questions
  AND ((SELECT count(*) FROM told) > 0 OR (SELECT count(*) FROM usual) > 0)
  AND a.orig_addr NOT IN (SELECT resp_addr FROM asked)
ORDER BY a.orig_addr, a.resp_addr
"""


class ForeignResolver(Detector):
    """A host that asks a name server outside, past those that the network uses."""

    name = "foreign_resolver"
    question = "Does a machine ask name servers that this network does not use?"
    reads = ("flows", "dns")
    may_read = ("dhcp", "icmp")
    floor = Floor(n_outward=1)
    partition_by = WHOLE_CASE

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and server; a resolver here that asks for others is left alone."""
        if not list(tables.sql(ASKED_OUTSIDE, min_questions=MIN_QUESTIONS)):
            return
        rows = tables.sql(ASKED, min_hosts=MIN_HOSTS, usual_share=USUAL_SHARE, min_questions=MIN_QUESTIONS)
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    peer = peer_text(row["resp_addr"], None, row["registered"], row["operator"], row["controlling"])
    return Finding(
        title=(
            f"{row['orig_addr']} looked up {count_text(row['n_names'], 'name')} at {peer}, past the name servers of "
            f"this network, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.NOTE,
        confidence=0.5,
        who=row["orig_addr"],
        what=row["resp_addr"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a device or program with a fixed resolver (television, telephone, virus check)",
            "somebody who set another resolver by hand",
        ),
        attack_id="T1071.004",
        facts={
            "usual here": ", ".join(row["usual_servers"] or []) or "not known",
            "own hosts that ask it": str(row["n_asking"]),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
