"""Two machines that both say an address is theirs, by turns: somebody may have put himself between (T1557.002)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import when_text
from quivive.model.finding import Finding, ScorePart, Severity

MIN_FLIPS = 2
"""Changes of hand: one is a new network card, two go back to the first."""
MIN_CLAIMS = 2
"""Claims of each rival: a damaged packet claims once."""
FLIP_NS = 60 * 10**9
"""A change of hand within a minute of the last claim is a contest, not a lease that ran out."""
SHARED_MACS = r"^(00:00:5e:00:0[12]|00:00:0c:07:ac|00:05:73:a0|00:07:b4|02:01:00:00|00:00:00:00:00:00|ff:)"
"""Hardware addresses that pass from router to router by design (VRRP, HSRP, GLBP, CARP), or that are none."""

CONTESTED = """
SELECT sender_addr FROM arp
WHERE sender_mac IS NOT NULL AND sender_addr NOT IN ('0.0.0.0', '255.255.255.255') AND NOT is_address_probe
GROUP BY sender_addr HAVING count(DISTINCT sender_mac) > 1
"""

CLAIMS = """
WITH claims AS (
    SELECT sender_addr, sender_mac, ts_ns, flow_id,
           lag(sender_mac) OVER of_addr AS last_mac, lag(ts_ns) OVER of_addr AS last_claim_ns,
           arp_operation = 'reply' AS is_reply
    FROM arp
    WHERE sender_mac IS NOT NULL AND sender_addr IN (SELECT unnest($contested)) AND NOT is_address_probe
      AND NOT regexp_matches(sender_mac, $shared_macs)
    WINDOW of_addr AS (PARTITION BY sender_addr ORDER BY ts_ns, sender_mac)
), per_mac AS (
    SELECT sender_addr, sender_mac, count(*) AS n_claims, min(ts_ns) AS first_ns, max(ts_ns) AS last_ns,
           count(*) FILTER (WHERE sender_mac <> last_mac AND ts_ns - last_claim_ns <= $flip_ns) AS n_taken,
           count(*) FILTER (WHERE is_reply) AS n_replies
    FROM claims GROUP BY ALL
)
SELECT sender_addr, sum(n_taken)::BIGINT AS n_flips, sum(n_claims)::BIGINT AS n_claims,
       sum(n_replies)::BIGINT AS n_replies, list(sender_mac ORDER BY first_ns, sender_mac) AS macs,
       min(first_ns) AS first_ns, max(last_ns) AS last_ns
FROM per_mac
WHERE n_claims >= $min_claims
GROUP BY sender_addr
HAVING count(*) >= 2 AND n_flips >= $min_flips
ORDER BY sender_addr
"""


class ArpSpoof(Detector):
    """An address that two machines claim by turns."""

    name = "arp_spoof"
    question = "Does a machine on the local network pass itself off as another?"
    reads = ("arp",)
    partition_by = "sender_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per contested address."""
        contested = [row["sender_addr"] for row in tables.sql(CONTESTED)]
        if not contested:
            return
        rows = tables.sql(
            CLAIMS,
            contested=contested,
            shared_macs=SHARED_MACS,
            flip_ns=FLIP_NS,
            min_claims=MIN_CLAIMS,
            min_flips=MIN_FLIPS,
        )
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    first, *rivals = row["macs"]
    unasked = row["n_replies"] / row["n_claims"]
    parts = (
        ScorePart("changes of hand within a minute", row["n_flips"], round(min(15.0 * row["n_flips"], 60.0), 1)),
        ScorePart("share of claims that are answers", round(unasked, 3), round(40 * unasked, 1)),
    )
    return Finding(
        title=(
            f"{rivals[0]} and {first} both say that {row['sender_addr']} is theirs, by turns {row['n_flips']} times, "
            f"{when_text(row['first_ns'], row['last_ns'])}: traffic for {row['sender_addr']} may be read on the way"
        ),
        severity=Severity.HIGH,
        confidence=0.7,
        who=row["sender_addr"],
        what=rivals[0],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=0,
        flow_ids=(),
        innocent=(
            "two machines that were given the same address by mistake",
            "a machine with two network cards, or a pair that takes over for each other",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1557.002",
        facts={"first claimed by": first, "also claimed by": ", ".join(rivals[:8])},
    )
