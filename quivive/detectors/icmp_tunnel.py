"""Data carried in pings: an answer must repeat what was asked, a tunnel's does not (MITRE ATT&CK T1095)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import bytes_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

MIN_DIFFERING = 5
"""Answers that repeat nothing that was asked; damage on the way spoils one, RFC 792 allows none."""
MIN_SHARE = 0.5
MIN_LARGE, LARGE_BYTES = 20, 160
"""Requests to outside with as much data each: ping sends 32 or 56 bytes, a few tests of the path's size send more."""

ENOUGH = """
SELECT count(*) AS n, count(DISTINCT payload_digest) AS n_contents FROM icmp
WHERE icmp_type IN (0, 8, 128, 129) AND payload_bytes > 0
"""

ECHOES = """
WITH echoes AS (
    SELECT f.orig_addr, f.resp_addr, i.flow_id, i.ts_ns, i.icmp_type IN (8, 128) AS is_request, i.payload_bytes,
           i.payload_digest, f.resp_is_own, f.resp_registered
    FROM icmp AS i JOIN flows AS f USING (flow_id)
    WHERE i.icmp_type IN (0, 8, 128, 129) AND i.payload_bytes > 0 AND (f.orig_is_own OR f.resp_is_own)
), asked AS (
    SELECT DISTINCT flow_id, payload_digest, true AS is_repeated FROM echoes WHERE is_request
)
SELECT orig_addr, resp_addr, max(resp_registered) AS registered, bool_and(resp_is_own) AS is_inside,
       count(*) FILTER (WHERE is_request) AS n_requests, count(*) FILTER (WHERE NOT is_request) AS n_replies,
       count(*) FILTER (WHERE NOT is_request AND is_repeated IS NULL) AS n_differing,
       count(DISTINCT payload_digest) FILTER (WHERE is_request) AS n_contents,
       coalesce(sum(payload_bytes) FILTER (WHERE is_request), 0)::BIGINT AS asked_bytes,
       sum(payload_bytes)::BIGINT AS n_bytes, max(payload_bytes) AS largest_bytes,
       min(ts_ns) AS first_ns, max(ts_ns) AS last_ns, (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM echoes LEFT JOIN asked USING (flow_id, payload_digest)
GROUP BY orig_addr, resp_addr
HAVING n_differing >= $min_differing OR n_contents >= $min_large
ORDER BY orig_addr, resp_addr
"""


class IcmpTunnel(Detector):
    """Pings whose answers hold something else than what was asked, or that are large and ever different."""

    name = "icmp_tunnel"
    question = "Does a machine carry data hidden in pings?"
    reads = ("icmp", "flows")
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per pair of hosts."""
        (echoes,) = tables.sql(ENOUGH)
        if echoes["n"] < MIN_DIFFERING or echoes["n_contents"] < 2:
            return
        for row in tables.sql(ECHOES, min_differing=MIN_DIFFERING, min_large=MIN_LARGE):
            share = row["n_differing"] / max(row["n_replies"], 1)
            if row["n_differing"] >= MIN_DIFFERING and share >= MIN_SHARE:
                yield _finding(row, share, Severity.MEDIUM if row["is_inside"] else Severity.HIGH)
            elif not row["is_inside"] and row["asked_bytes"] >= LARGE_BYTES * max(row["n_requests"], MIN_LARGE):
                yield _finding(row, share, Severity.LOW)


def _finding(row: dict[str, Any], share: float, severity: Severity) -> Finding:
    peer = peer_text(row["resp_addr"], None, row["registered"])
    odd = "answers that do not repeat the question" if severity > Severity.LOW else "large pings, each different"
    mean = row["n_bytes"] / max(row["n_requests"] + row["n_replies"], 1)
    parts = (
        ScorePart("answers that repeat nothing that was asked", row["n_differing"], round(70 * share, 1)),
        ScorePart("mean bytes of a ping", round(mean, 1), round(20 * min(mean / LARGE_BYTES, 1.0), 1)),
        ScorePart("largest ping", row["largest_bytes"], 10.0 if row["largest_bytes"] > 1000 else 0.0),
    )
    return Finding(
        title=(
            f"{row['orig_addr']} and {peer} exchanged {bytes_text(row['n_bytes'])} in a tunnel of pings: {odd}, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=severity,
        confidence=0.9 if severity > Severity.LOW else 0.4,
        who=row["orig_addr"],
        what=row["resp_addr"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a monitoring or path test that fills its pings with data of its own",
            "packets that were damaged or lost while capturing",
        ),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1095",
        facts={"requests": str(row["n_requests"]), "answers": str(row["n_replies"])},
    )
