"""A place outside that hardly anybody here talks to and that is new, where much goes (MITRE ATT&CK T1567).

Rarity as RITA publishes it: at most 2 % of the own hosts talk to it, and it was first seen within the last seven days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

DAY_NS = 86_400 * 10**9
MAX_PREVALENCE = 0.02
NEW_NS = 7 * DAY_NS
"""A place is new for as long (RITA)."""
MIN_KNOWN_NS = 7 * DAY_NS
"""Time before that, from which it is known what is usual here."""
MIN_HOSTS = 50
"""Own hosts of which one is 2 %."""
MIN_SENT_BYTES = 100_000
"""Sent to it in all: visits to new pages send less."""
MIN_RATIO = 0.4
HOUSEKEEPING = ["ntp", "dns", "stun", "icmp"]

SETTING = """
SELECT (SELECT count(*) FROM hosts WHERE is_own) AS n_hosts,
       (SELECT epoch_ns(max(last_ts)) FROM captures) AS last_ns
"""

RARE = """
SELECT peer, max(server_name) AS server_name, min(resp_addr) AS resp_addr, max(resp_registered) AS registered,
       max(resp_operator) AS operator, max(resp_controlling) AS controlling, min(orig_addr) AS orig_addr,
       count(DISTINCT orig_addr) AS n_own, count(*) AS n_flows, sum(orig_bytes)::BIGINT AS sent,
       sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns, max(last_ns) AS last_ns,
       (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward
WHERE NOT list_contains($housekeeping, coalesce(service, ''))
GROUP BY peer
HAVING min(ts_ns) >= $new_from_ns AND sum(orig_bytes) >= $min_sent AND count(DISTINCT orig_addr) <= $max_hosts
ORDER BY peer
"""


class RareDestination(Detector):
    """A new place that one host in fifty talks to, and that takes more than it gives."""

    name = "rare_destination"
    question = "Does a machine send to a place that is new here and that nobody else uses?"
    reads = ("flows", "hosts", "captures")
    floor = Floor(n_outward=1, out_bytes=MIN_SENT_BYTES, span_ns=NEW_NS + MIN_KNOWN_NS)
    partition_by = "server_name"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per place."""
        (setting,) = tables.sql(SETTING)
        if _unknown(setting):
            return
        rows = tables.sql(
            RARE,
            housekeeping=HOUSEKEEPING,
            new_from_ns=setting["last_ns"] - NEW_NS,
            min_sent=MIN_SENT_BYTES,
            max_hosts=int(setting["n_hosts"] * MAX_PREVALENCE),
        )
        for row in rows:
            ratio = (row["sent"] - row["received"]) / (row["sent"] + row["received"])
            if ratio >= MIN_RATIO and not is_background(row["peer"]):
                yield _finding(row, ratio, setting)

    def not_judged(self, tables: Tables) -> str:
        """Say what a case of few hosts cannot tell."""
        (setting,) = tables.sql(SETTING)
        return _unknown(setting)


def _unknown(setting: dict[str, Any]) -> str:
    """Return why nothing can be called rare and new."""
    if (setting["n_hosts"] or 0) < MIN_HOSTS:
        return f"{count_text(setting['n_hosts'] or 0, 'own host')}: what is rare shows from {MIN_HOSTS}"
    return ""


def _finding(row: dict[str, Any], ratio: float, setting: dict[str, Any]) -> Finding:
    others = f" and {count_text(row['n_own'] - 1, 'other')}" if row["n_own"] > 1 else ""
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    prevalence = row["n_own"] / setting["n_hosts"]
    parts = (
        ScorePart("share of the own hosts that talk to it", round(prevalence, 4), 40.0),
        ScorePart("days since it was first seen", round((setting["last_ns"] - row["first_ns"]) / DAY_NS, 1), 30.0),
        ScorePart("share by which sending prevails", round(ratio, 3), round(30 * ratio, 1)),
    )
    return Finding(
        title=(
            f"{row['orig_addr']}{others} sent {bytes_text(row['sent'])} to {peer}, a place that is new here and that "
            f"nobody else uses, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW,
        confidence=0.4,
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=("a new partner, customer or service", "a service that changed its name or address"),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1567",
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
