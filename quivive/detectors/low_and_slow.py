"""Little sent at a time, hour after hour, to the same place: what volume by the day overlooks (MITRE ATT&CK T1030)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import WHOLE_CASE, Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.messages.shared_places import callers, is_shared
from quivive.model.finding import Finding, ScorePart, Severity

HOUR_NS = 3_600 * 10**9
MIN_HOURS = 8
"""Hours with traffic: more than a morning's work."""
MIN_SHARE = 0.75
"""Of the hours from the first to the last: a person pauses, a drip does not."""
MIN_HOUR_BYTES, MAX_HOUR_BYTES = 20_000, 1_000_000
"""Mean sent an hour: a thousand bytes a minute, a third kept off for what gets lost; more is told by volume."""
MIN_RATIO = 0.4
MAX_SPREAD = 1.0
"""Variation of the hours (standard deviation over mean): visits vary by more."""
HOUSEKEEPING = ["ntp", "dns", "dhcp", "mdns", "llmnr", "nbns", "ssdp", "stun", "icmp", "snmp"]

CLIENT_HELLO_BYTES, SERVER_HELLO_BYTES = 800, 5_000
"""What opening TLS takes of each side (its certificates); a drip in short connections would drown in it."""

DRIPS = """
WITH payloads AS (
    SELECT orig_addr, peer, ts_ns, last_ns, service,
           CASE WHEN service IN ('tls', 'quic') THEN greatest(orig_bytes - $client_hello, 0)
                ELSE orig_bytes END AS orig_bytes,
           CASE WHEN service IN ('tls', 'quic') THEN greatest(resp_bytes - $server_hello, 0)
                ELSE resp_bytes END AS resp_bytes
    FROM outward
), hours AS (
    SELECT orig_addr, peer, ts_ns // 3600000000000 AS hour, sum(orig_bytes) AS sent, sum(resp_bytes) AS received,
           count(*) AS n_flows, min(ts_ns) AS first_ns, max(last_ns) AS last_ns
    FROM payloads
    WHERE last_ns - ts_ns < 3600000000000 AND NOT list_contains($housekeeping, coalesce(service, ''))
    GROUP BY ALL
)
SELECT orig_addr, peer, count(*) AS n_hours, max(hour) - min(hour) + 1 AS n_spanned, sum(sent)::BIGINT AS sent,
       sum(received)::BIGINT AS received, stddev_pop(sent) / avg(sent) AS spread, sum(n_flows)::BIGINT AS n_flows,
       min(first_ns) AS first_ns, max(last_ns) AS last_ns
FROM hours WHERE sent > 0
GROUP BY orig_addr, peer
HAVING count(*) >= $min_hours AND avg(sent) BETWEEN $min_bytes AND $max_bytes AND spread <= $max_spread
   AND count(*) >= $min_share * (max(hour) - min(hour) + 1)
ORDER BY orig_addr, peer
"""

EVIDENCE = """
SELECT max(server_name) AS server_name, min(resp_addr) AS resp_addr, max(resp_registered) AS registered,
       max(resp_operator) AS operator, max(resp_controlling) AS controlling, mode(service) AS service,
       (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward WHERE orig_addr = $orig_addr AND peer = $peer
"""


class LowAndSlow(Detector):
    """A host that sends a little every hour to the same place."""

    name = "low_and_slow"
    question = "Does a machine send a little, hour after hour, to the same place outside?"
    reads = ("flows",)
    floor = Floor(n_outward=MIN_HOURS, out_bytes=MIN_HOURS * MIN_HOUR_BYTES, span_ns=(MIN_HOURS - 1) * HOUR_NS)
    partition_by = WHOLE_CASE

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and place; one for all where many machines share the place."""
        n_callers = callers(tables)
        rows = tables.sql(
            DRIPS,
            client_hello=CLIENT_HELLO_BYTES,
            server_hello=SERVER_HELLO_BYTES,
            housekeeping=HOUSEKEEPING,
            min_hours=MIN_HOURS,
            min_bytes=MIN_HOUR_BYTES,
            max_bytes=MAX_HOUR_BYTES,
            max_spread=MAX_SPREAD,
            min_share=MIN_SHARE,
        )
        places: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            if _ratio(row) >= MIN_RATIO and not is_background(row["peer"]):
                places.setdefault(row["peer"], []).append(row)
        for of_place in places.values():
            is_service = is_shared(len(of_place), n_callers)
            for row in [max(of_place, key=lambda row: row["sent"])] if is_service else of_place:
                (evidence,) = tables.sql(EVIDENCE, orig_addr=row["orig_addr"], peer=row["peer"])
                yield _finding(row | evidence, _ratio(row), n_alike=len(of_place) - 1 if is_service else 0)


def _ratio(row: dict[str, Any]) -> float:
    return (row["sent"] - row["received"]) / (row["sent"] + row["received"])


def _finding(row: dict[str, Any], ratio: float, *, n_alike: int = 0) -> Finding:
    an_hour = row["sent"] // row["n_hours"]
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    steady = 1 - row["spread"]
    alike = f", as {count_text(n_alike, 'other machine')} did," if n_alike else ""
    parts = (
        ScorePart("hours with traffic", row["n_hours"], round(30 * min(row["n_hours"] / 24, 1.0), 1)),
        ScorePart("share by which sending prevails", round(ratio, 3), round(40 * ratio, 1)),
        ScorePart("how alike the hours are", round(steady, 3), round(30 * steady, 1)),
    )
    return Finding(
        title=(
            f"{row['orig_addr']}{alike} sent about {bytes_text(an_hour)} an hour to {peer}, in {row['n_hours']} hours "
            f"{bytes_text(row['sent'])}, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW,
        confidence=0.3 if n_alike else 0.45,
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a device or program that reports its state to its maker (telemetry, monitoring, charging, metering)",
            "a service that synchronises small changes all day",
        ),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1030",
        facts={
            "protocol": row["service"] or "not recognised",
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
