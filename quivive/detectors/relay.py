"""A machine that passes on to outside what it takes in inside, minute by minute (MITRE ATT&CK T1090.001).

What came in from own machines and what went out to one place are compared minute by minute (Pearson's correlation), at
no delay or up to five minutes. Only minutes with both count: that two jobs run every third minute makes them no relay,
that their amounts rise and fall together does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import WHOLE_CASE, Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

MIN_BYTES = 1_000_000
"""Taken in, and sent to one place."""
MAX_FACTOR = 1.5
"""Between what came in and what went out: packing and wrapping change no more."""
MIN_MINUTES = 20
"""Minutes with traffic out, fewer correlate by chance."""
MIN_CORRELATION = 0.8
MAX_LAG = 5
MIN_BOTH = 0.8
"""Of the minutes with traffic out, that have traffic in at the delay."""
RELAYS = ["dns", "ntp", "smtp", "icmp"]
"""Services that pass on by their nature."""

OUT = """
WITH minutes AS (
    SELECT orig_addr AS host, peer, ts_ns // 60000000000 AS minute, sum(orig_bytes)::BIGINT AS n_bytes
    FROM outward
    WHERE orig_bytes > 0 AND NOT list_contains($relays, coalesce(service, ''))
    GROUP BY ALL
), places AS (
    SELECT host, peer FROM minutes GROUP BY ALL HAVING count(*) >= $min_minutes AND sum(n_bytes) >= $min_bytes
)
SELECT host, peer, minute, n_bytes FROM minutes JOIN places USING (host, peer)
ORDER BY host, peer, minute
"""

TAKEN_IN = """
WITH taken AS (
    SELECT orig_addr AS host, ts_ns, resp_bytes AS n_bytes, service FROM flows WHERE orig_is_own AND resp_is_own
    UNION ALL
    SELECT resp_addr, ts_ns, orig_bytes, service FROM flows WHERE orig_is_own AND resp_is_own
)
SELECT host, ts_ns // 60000000000 AS minute, sum(n_bytes)::BIGINT AS n_bytes FROM taken
WHERE host IN (SELECT unnest($hosts)) AND n_bytes > 0 AND NOT list_contains($relays, coalesce(service, ''))
GROUP BY ALL ORDER BY host, minute
"""

EVIDENCE = """
SELECT max(server_name) AS server_name, min(resp_addr) AS resp_addr, max(resp_registered) AS registered,
       max(resp_operator) AS operator, max(resp_controlling) AS controlling, sum(resp_bytes)::BIGINT AS received,
       min(ts_ns) AS first_ns, max(last_ns) AS last_ns, (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward WHERE orig_addr = $host AND peer = $peer
"""


class Relay(Detector):
    """A host whose traffic to one place outside follows what it takes in inside."""

    name = "relay"
    question = "Does a machine pass on to outside what it takes in inside?"
    reads = ("flows",)
    floor = Floor(n_outward=MIN_MINUTES, n_flows=2 * MIN_MINUTES, out_bytes=MIN_BYTES)
    partition_by = WHOLE_CASE

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and place; bytes count in the minute in which their flow began."""
        sent: dict[tuple[str, str], dict[int, int]] = {}
        for row in tables.sql(OUT, relays=RELAYS, min_minutes=MIN_MINUTES, min_bytes=MIN_BYTES):
            sent.setdefault((row["host"], row["peer"]), {})[row["minute"]] = row["n_bytes"]
        if not sent:
            return
        rows = tables.sql(TAKEN_IN, hosts=sorted({host for host, _ in sent}), relays=RELAYS)
        taken = {
            host: {row["minute"]: row["n_bytes"] for row in of_host}
            for host, of_host in groupby(rows, lambda row: row["host"])
        }
        for (host, peer), out in sent.items():
            fit, lag = best_fit(taken.get(host, {}), out)
            if fit >= MIN_CORRELATION and not is_background(peer):
                (evidence,) = tables.sql(EVIDENCE, host=host, peer=peer)
                yield _finding(host, peer, fit, lag, evidence | {"sent": sum(out.values())})


def best_fit(taken: Mapping[int, int], sent: Mapping[int, int]) -> tuple[float, int]:
    """Return the highest correlation of bytes by minute, and at which delay; (0, 0) where amounts or times differ."""
    first, last = min(sent) - MAX_LAG, max(sent)
    came = sum(n_bytes for minute, n_bytes in taken.items() if first <= minute <= last)
    gone = sum(sent.values())
    if came < MIN_BYTES or not 1 / MAX_FACTOR <= gone / came <= MAX_FACTOR:
        return 0.0, 0
    best = (0.0, 0)
    for lag in range(MAX_LAG + 1):
        both = [(taken[minute - lag], n_bytes) for minute, n_bytes in sent.items() if minute - lag in taken]
        if len(both) >= max(MIN_BOTH * len(sent), MIN_MINUTES):
            best = max(best, (correlation(*zip(*both, strict=True)), -lag))
    return best[0], -best[1]


def correlation(left: Sequence[int], right: Sequence[int]) -> float:
    """Return Pearson's correlation of two rows of numbers, 0 where one of them never changes."""
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    both = sum((a - mean_left) * (b - mean_right) for a, b in zip(left, right, strict=True))
    spread = math.sqrt(sum((a - mean_left) ** 2 for a in left) * sum((b - mean_right) ** 2 for b in right))
    return both / spread if spread else 0.0


def _finding(host: str, peer: str, fit: float, lag: int, row: dict[str, Any]) -> Finding:
    place = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    return Finding(
        title=(
            f"{host} passed on to {place} what it took in from machines inside: {bytes_text(row['sent'])} out, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW,
        confidence=round(0.5 * fit, 3),
        who=host,
        what=peer,
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a proxy, mail server, gateway or collector of the organisation, whose work this is",
            "a program that copies to a partner by agreement",
        ),
        score=round(100 * fit, 1),
        score_parts=(ScorePart("correlation of bytes in and out by the minute", round(fit, 3), round(100 * fit, 1)),),
        attack_id="T1090.001",
        facts={
            "delay": f"{lag} min",
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
