"""Much sent at an hour at which the machine is silent on all other days (MITRE ATT&CK T1029)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

DAY_NS = 86_400 * 10**9
MIN_DAYS = 7
"""Other days on which the machine sent at all: a week shows its hours, weekend and all."""
MIN_SENT_BYTES = 5_000_000
"""Sent in the hour to one place."""
QUIET_SHARE = 0.02
"""Of this hour's bytes, that all other days together sent at this time of day or an hour beside it."""
MIN_RATIO = 0.4
HOUSEKEEPING = ["ntp", "dns", "stun", "icmp"]

HOURS = """
WITH hours AS (
    SELECT orig_addr, peer, ts_ns // 86400000000000 AS day, (ts_ns // 3600000000000) % 24 AS hour,
           sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns,
           max(last_ns) AS last_ns
    FROM outward
    WHERE NOT list_contains($housekeeping, coalesce(service, ''))
    GROUP BY ALL
), of_day AS (
    SELECT orig_addr, day, hour, sum(sent) AS sent FROM hours GROUP BY ALL
), days AS (
    SELECT orig_addr, count(DISTINCT day) AS n_days FROM of_day GROUP BY orig_addr
), suspects AS (
    SELECT * FROM hours JOIN days USING (orig_addr)
    WHERE hours.sent >= $min_sent AND hours.sent - received >= $min_ratio * (hours.sent + received)
      AND n_days > $min_days
)
SELECT s.orig_addr, s.peer, s.day, s.hour, s.sent, s.received, s.first_ns, s.last_ns, s.n_days,
       coalesce(sum(o.sent), 0)::BIGINT AS usual_bytes
FROM suspects AS s LEFT JOIN of_day AS o
  ON o.orig_addr = s.orig_addr AND o.day <> s.day AND (o.hour - s.hour + 25) % 24 <= 2
GROUP BY ALL
HAVING usual_bytes <= $quiet_share * s.sent
ORDER BY s.orig_addr, s.peer, s.day, s.hour
"""

EVIDENCE = """
SELECT max(server_name) AS server_name, min(resp_addr) AS resp_addr, max(resp_registered) AS registered,
       max(resp_operator) AS operator, max(resp_controlling) AS controlling,
       (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward
WHERE orig_addr = $orig_addr AND peer = $peer AND ts_ns // 3600000000000 = $day * 24 + $hour
"""


class OddHours(Detector):
    """A host that sends much at a time of day when it never does."""

    name = "odd_hours"
    question = "Does a machine send much at an hour at which it is silent on other days?"
    reads = ("flows",)
    floor = Floor(n_outward=MIN_DAYS, out_bytes=MIN_SENT_BYTES, span_ns=MIN_DAYS * DAY_NS)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, place and hour."""
        rows = tables.sql(
            HOURS,
            housekeeping=HOUSEKEEPING,
            min_sent=MIN_SENT_BYTES,
            min_ratio=MIN_RATIO,
            min_days=MIN_DAYS,
            quiet_share=QUIET_SHARE,
        )
        for row in rows:
            if not is_background(row["peer"]):
                wanted = {name: row[name] for name in ("orig_addr", "peer", "day", "hour")}
                (evidence,) = tables.sql(EVIDENCE, **wanted)
                yield _finding(row | evidence)


def _finding(row: dict[str, Any]) -> Finding:
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    quiet = 1 - row["usual_bytes"] / row["sent"]
    return Finding(
        title=(
            f"{row['orig_addr']} sent {bytes_text(row['sent'])} to {peer} at an hour at which it is silent otherwise, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW,
        confidence=0.4,
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "somebody who worked late, or a deadline",
            "a job that was moved to the night (backup, replication)",
        ),
        score=round(100 * quiet, 1),
        score_parts=(
            ScorePart("share that other days do not send at this hour", round(quiet, 4), round(100 * quiet, 1)),
        ),
        attack_id="T1029",
        facts={
            "hour": f"{row['hour']:02d}:00 to {row['hour']:02d}:59 UTC",
            "compared with": count_text(row["n_days"] - 1, "other day"),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
