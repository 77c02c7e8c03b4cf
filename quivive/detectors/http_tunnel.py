"""Relays that carry any traffic: CONNECT (RFC 9110, 9.3.6) and SOCKS (RFC 1928) over the border (T1090, T1572)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, short_text, when_text
from quivive.model.finding import Finding, Severity

WEB_PORTS = [443, 80, 8443, 563]
"""Ports that a relay for the web is asked for."""
NAMES_SHOWN = 5

ASKED = """
WITH asked AS (
    SELECT flow_id, uri AS target, regexp_extract(uri, ':([0-9]{1,5})$', 1) AS port_text, 'HTTP CONNECT' AS relay,
           status_code BETWEEN 200 AND 299 AS is_granted
    FROM http WHERE method = 'CONNECT' AND regexp_matches(uri, '^[^/]+:[0-9]{1,5}$')
    UNION ALL
    SELECT flow_id, coalesce(request_name, request_addr) || ':' || request_port, request_port::VARCHAR, 'SOCKS',
           lower(socks_reply) IN ('succeeded', 'granted', 'request granted')
    FROM socks WHERE socks_command = 'CONNECT'
), judged AS (
    SELECT f.orig_addr, f.resp_addr, f.resp_port, a.relay, f.orig_is_own, f.resp_is_own, a.target, f.flow_id,
           NOT list_contains($web_ports, coalesce(try_cast(a.port_text AS INTEGER), 0)) AS is_foreign, f.ts_ns,
           f.last_ns, f.orig_bytes, f.resp_bytes,
           f.orig_registered, f.resp_registered, f.resp_operator, f.resp_controlling
    FROM asked AS a JOIN flows AS f USING (flow_id)
    WHERE coalesce(a.is_granted, false) AND (f.orig_is_own OR f.resp_is_own)
)
SELECT orig_addr, resp_addr, resp_port, relay, bool_and(orig_is_own) AS orig_is_own,
       bool_and(resp_is_own) AS resp_is_own, bool_or(is_foreign) AS is_foreign,
       (list(DISTINCT target ORDER BY target))[:$names_shown] AS targets,
       (list(DISTINCT target ORDER BY target) FILTER (WHERE is_foreign))[:$names_shown] AS foreign_targets,
       count(DISTINCT flow_id) AS n_flows, sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received,
       min(ts_ns) AS first_ns, max(last_ns) AS last_ns, max(orig_registered) AS orig_registered,
       max(resp_registered) AS resp_registered, max(resp_operator) AS operator, max(resp_controlling) AS controlling,
       (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM judged
GROUP BY orig_addr, resp_addr, resp_port, relay
HAVING NOT (bool_and(orig_is_own) AND bool_and(resp_is_own)) OR bool_or(is_foreign)
ORDER BY orig_addr, resp_addr, resp_port, relay
"""

ANY_ASKED = """
SELECT (SELECT count(*) FROM http WHERE method = 'CONNECT') + (SELECT count(*) FROM socks) AS n
"""


class HttpTunnel(Detector):
    """A relay outside, a relay here that outsiders use, or a relay asked for what is not the web."""

    name = "http_tunnel"
    question = "Does a machine reach outside through a relay that carries anything?"
    reads = ("flows",)
    reads_one_of = ("http", "socks")
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per client, relay and protocol; only what the relay granted counts."""
        (asked,) = tables.sql(ANY_ASKED)
        for row in tables.sql(ASKED, web_ports=WEB_PORTS, names_shown=NAMES_SHOWN) if asked["n"] else ():
            yield _finding(row)


def _judged(row: dict[str, Any]) -> tuple[Severity, str]:
    """Return how soon to look, and what was done."""
    if not row["orig_is_own"]:
        peer = peer_text(row["orig_addr"], None, row["orig_registered"])
        return Severity.HIGH, f"{peer} went through the relay {row['resp_addr']} here by {row['relay']}"
    if not row["resp_is_own"]:
        peer = peer_text(row["resp_addr"], None, row["resp_registered"], row["operator"], row["controlling"])
        return Severity.MEDIUM, f"{row['orig_addr']} went through a relay outside, {peer}, by {row['relay']}"
    shown = f"{row['orig_addr']} asked the relay {row['resp_addr']} by {row['relay']} for what is not the web"
    return Severity.LOW, shown


def _finding(row: dict[str, Any]) -> Finding:
    severity, done = _judged(row)
    targets = (row["foreign_targets"] if row["is_foreign"] else None) or row["targets"] or []
    shown = ", ".join(short_text(target) for target in targets)
    left = row["sent"] if row["orig_is_own"] else row["received"]
    return Finding(
        title=f"{done}, to {shown}; {bytes_text(left)} out, {when_text(row['first_ns'], row['last_ns'])}",
        severity=severity,
        confidence=0.7,
        who=row["orig_addr"] if row["orig_is_own"] else row["resp_addr"],
        what=f"{row['resp_addr'] if row['orig_is_own'] else row['orig_addr']} {row['relay']}",
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=left,
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a relay that the organisation has ordered or runs for its own people on the way",
            "a program that reaches its maker through the relay at a port of its own",
        ),
        attack_id="T1090.002" if not row["resp_is_own"] else "T1572",
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "targets": shown,
            "registered": f"{row['resp_registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
