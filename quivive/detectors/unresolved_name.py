"""Names called that nobody here looked up: the address came from elsewhere (MITRE ATT&CK T1090.004, T1568).

Behind a large network the name that is shown need not be the one that is meant (fronting); that cannot be seen. What
can be seen is a name that was called without being looked up, by a machine that looks up all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

HOUR_NS = 3_600 * 10**9
CACHED_NS = 24 * HOUR_NS
"""Time after the first look-up seen, from which an answer kept from before has run out (answers live a day at most)."""
MIN_NAMES = 20
MIN_SHARE = 0.9
"""Of a host's names that it was seen to look up, from which the one it did not is odd."""
MIN_SENT_BYTES, MIN_RATIO = 1_000_000, 0.4
MIN_LASTED_NS = HOUR_NS
"""Much sent, or a connection of an hour: without either a name is not worth a look."""

CALLED = """
WITH looked_up AS (
    SELECT f.orig_addr, lower(d.query) AS server_name, min(d.ts_ns) AS asked_ns
    FROM dns AS d JOIN flows AS f USING (flow_id)
    WHERE f.orig_is_own AND d.query <> '' GROUP BY ALL
), since AS (
    SELECT orig_addr, min(asked_ns) AS since_ns FROM looked_up GROUP BY orig_addr
), called AS (
    SELECT orig_addr, server_name, min(ts_ns) AS first_ns, max(last_ns) AS last_ns, count(*) AS n_flows,
           sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received, max(last_ns - ts_ns) AS lasted_ns,
           min(resp_addr) AS resp_addr, max(resp_registered) AS registered, max(resp_operator) AS operator,
           max(resp_controlling) AS controlling
    FROM outward
    WHERE server_name IS NOT NULL AND service IN ('tls', 'quic', 'http1')
    GROUP BY ALL
), judged AS (
    SELECT c.*, l.server_name IS NOT NULL AS is_looked_up, s.since_ns, count(*) OVER of_host AS n_names,
           count(l.server_name) OVER of_host AS n_looked_up
    FROM called AS c JOIN since AS s USING (orig_addr) LEFT JOIN looked_up AS l USING (orig_addr, server_name)
    WHERE c.first_ns >= s.since_ns + $cached_ns
    WINDOW of_host AS (PARTITION BY c.orig_addr)
)
SELECT * FROM judged
WHERE NOT is_looked_up AND n_names >= $min_names AND n_looked_up >= $min_share * n_names
  AND ((sent >= $min_sent AND sent - received >= $min_ratio * (sent + received)) OR lasted_ns >= $min_lasted_ns)
ORDER BY orig_addr, server_name
"""

EVIDENCE = """
SELECT flow_id FROM outward WHERE orig_addr = $orig_addr AND server_name = $server_name ORDER BY flow_id LIMIT 1000
"""

SPAN = """
SELECT coalesce(max(d.ts_ns) - min(d.ts_ns), 0) AS covered_ns
FROM dns AS d JOIN flows AS f USING (flow_id) WHERE f.orig_is_own
"""


class UnresolvedName(Detector):
    """A name that a host called and never looked up, though it looks up the others."""

    name = "unresolved_name"
    question = "Does a machine call names outside that it never looked up?"
    reads = ("flows", "dns")
    floor = Floor(n_outward=MIN_NAMES, span_ns=CACHED_NS)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and name, first called a day after its first look-up that was seen."""
        (span,) = tables.sql(SPAN)
        if span["covered_ns"] < CACHED_NS:
            return
        rows = tables.sql(
            CALLED,
            cached_ns=CACHED_NS,
            min_names=MIN_NAMES,
            min_share=MIN_SHARE,
            min_sent=MIN_SENT_BYTES,
            min_ratio=MIN_RATIO,
            min_lasted_ns=MIN_LASTED_NS,
        )
        for row in rows:
            if not is_background(row["server_name"]):
                evidence = tables.sql(EVIDENCE, orig_addr=row["orig_addr"], server_name=row["server_name"])
                yield _finding(row, tuple(flow["flow_id"] for flow in evidence))

    def not_judged(self, tables: Tables) -> str:
        """Say that answers kept from before the capture cannot be seen."""
        (span,) = tables.sql(SPAN)
        return "" if span["covered_ns"] >= CACHED_NS else "less than a day of look-ups seen: answers may be older"


def _finding(row: dict[str, Any], flow_ids: tuple[int, ...]) -> Finding:
    share = row["n_looked_up"] / row["n_names"]
    ratio = (row["sent"] - row["received"]) / max(row["sent"] + row["received"], 1)
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    parts = (
        ScorePart("share of its names that the host looks up", round(share, 3), round(60 * share, 1)),
        ScorePart("share by which sending prevails", round(ratio, 3), round(40 * max(ratio, 0.0), 1)),
    )
    return Finding(
        title=(
            f"{row['orig_addr']} called {peer} without having looked the name up, and sent "
            f"{bytes_text(row['sent'])}, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW,
        confidence=0.4,
        who=row["orig_addr"],
        what=row["server_name"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=flow_ids,
        innocent=(
            "a program with a fixed list of addresses, or one that asks an encrypted resolver",
            "a look-up that the capture lost or did not cover",
        ),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1090.004",
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
