"""A second machine that offers itself as the way out: router advertisements (RFC 4861) and redirects (T1557)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import count_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

ADVERTISEMENT, REDIRECTS = 134, [5, 137]
SHARED_MACS = r"^(00:00:5e:00:0[12]|00:00:0c:07:ac|00:05:73:a0|00:07:b4|02:01:00:00)"
"""Hardware addresses that pass from router to router by design (VRRP, HSRP, GLBP, CARP)."""
MIN_REDIRECTS = 3
"""Redirects of one machine: a router of two on a cable sends one per destination in error."""

ROUTERS = """
WITH offers AS (
    SELECT coalesce(f.vlan_id, -1) AS vlan, f.orig_addr AS router, f.orig_mac AS mac, i.ts_ns, i.flow_id,
           list_sort(coalesce(i.prefixes, [])) AS prefixes, list_sort(coalesce(i.name_servers, [])) AS name_servers
    FROM icmp AS i JOIN flows AS f USING (flow_id)
    WHERE i.icmp_type = $advertisement AND i.router_lifetime_s > 0
      AND NOT coalesce(regexp_matches(f.orig_mac, $shared_macs), false)
), routers AS (
    SELECT vlan, router, any_value(mac) AS mac, min(ts_ns) AS first_ns, max(ts_ns) AS last_ns, count(*) AS n_offers,
           arg_min(prefixes, ts_ns) AS prefixes, arg_min(name_servers, ts_ns) AS name_servers,
           (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids
    FROM offers GROUP BY ALL
)
SELECT late.*, early.router AS known_router, late.prefixes <> early.prefixes AS has_other_prefixes,
       late.name_servers <> early.name_servers AS has_other_servers
FROM routers AS late JOIN routers AS early
  ON late.vlan = early.vlan AND late.router <> early.router AND late.mac IS DISTINCT FROM early.mac
 AND (late.first_ns, late.router) > (early.first_ns, early.router)
QUALIFY row_number() OVER (PARTITION BY late.vlan, late.router ORDER BY early.first_ns, early.router) = 1
ORDER BY late.vlan, late.router
"""

REDIRECTING = """
SELECT f.orig_addr AS sender, i.gateway_addr AS gateway, count(*) AS n_redirects,
       count(DISTINCT f.resp_addr) AS n_hosts, min(i.ts_ns) AS first_ns, max(i.ts_ns) AS last_ns,
       (list(DISTINCT i.flow_id ORDER BY i.flow_id))[:1000] AS flow_ids
FROM icmp AS i JOIN flows AS f USING (flow_id)
WHERE list_contains($redirects, i.icmp_type) AND i.gateway_addr IS NOT NULL AND i.gateway_addr <> f.orig_addr
GROUP BY sender, gateway, f.vlan_id
HAVING count(*) >= $min_redirects
ORDER BY sender, gateway, f.vlan_id NULLS FIRST
"""

ANY_OFFERED = """
SELECT count(*) FILTER (WHERE icmp_type = $advertisement) AS n_offers,
       count(*) FILTER (WHERE list_contains($redirects, icmp_type)) AS n_redirects FROM icmp
"""


class RogueRouter(Detector):
    """A router that appears beside a known one, or that sends traffic elsewhere."""

    name = "rogue_router"
    question = "Does a second machine offer itself as the way out of a network?"
    reads = ("icmp", "flows")
    partition_by = "vlan_id"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per later router of a network, and per machine that redirects to another."""
        (offered,) = tables.sql(ANY_OFFERED, advertisement=ADVERTISEMENT, redirects=REDIRECTS)
        if offered["n_offers"] > 1:
            for row in tables.sql(ROUTERS, advertisement=ADVERTISEMENT, shared_macs=SHARED_MACS):
                yield _second_router(row)
        if offered["n_redirects"] >= MIN_REDIRECTS:
            for row in tables.sql(REDIRECTING, redirects=REDIRECTS, min_redirects=MIN_REDIRECTS):
                yield _redirect(row)


def _second_router(row: dict[str, Any]) -> Finding:
    differs = row["has_other_prefixes"] or (row["has_other_servers"] and bool(row["name_servers"]))
    parts = (
        ScorePart("announces other networks", float(row["has_other_prefixes"]), 50.0 * row["has_other_prefixes"]),
        ScorePart("names other name servers", float(row["has_other_servers"]), 30.0 * row["has_other_servers"]),
    )
    other = "other networks or name servers" if differs else "the same networks"
    return Finding(
        title=(
            f"{row['router']} offers itself as a router beside {row['known_router']} and announces {other}, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.MEDIUM if differs else Severity.NOTE,
        confidence=0.5 if differs else 0.3,
        who=row["router"],
        what=f"router beside {row['known_router']}",
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=0,
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "two routers that share the work or take over for each other",
            "a computer that shares its connection by mistake, or a laboratory network",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1557",
        facts={
            "hardware address": row["mac"] or "not known",
            "networks": ", ".join(row["prefixes"][:8]) or "none told",
            "name servers": ", ".join(row["name_servers"][:8]) or "none told",
            "known router": "the one seen first; the case cannot tell which of them belongs here",
        },
    )


def _redirect(row: dict[str, Any]) -> Finding:
    return Finding(
        title=(
            f"{row['sender']} told {count_text(row['n_hosts'], 'machine')} to go by {row['gateway']} instead, "
            f"{count_text(row['n_redirects'], 'time')}, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW,
        confidence=0.3,
        who=row["sender"],
        what=f"way by {row['gateway']}",
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=0,
        flow_ids=tuple(row["flow_ids"]),
        innocent=("a router that names the shorter of two ways, as it is meant to",),
        attack_id="T1557",
        facts={"redirects": str(row["n_redirects"])},
    )
