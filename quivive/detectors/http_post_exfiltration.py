"""Data handed to web servers: much in the bodies of requests, or little to places without a name of their own.

MITRE ATT&CK T1041. Only what was not encrypted can be judged here; `upload` judges the volume of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_address, is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, short_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

MIN_DAY_BYTES = 1_000_000
MIN_RATIO = 0.4
"""Of bodies: (out - in) / (out + in)."""
MIN_HIDDEN_BYTES = 100
"""A body to a nameless place holds at least a user and a password; shorter ones are signs of life."""

RENTED = """
    ydns.eu duckdns.org ddns.net no-ip.org no-ip.biz no-ip.info hopto.org zapto.org sytes.net servebeer.com myftp.org
    myftp.biz redirectme.net serveftp.com dyndns.org dyndns.info dyndns.biz dynu.net freeddns.org ddnsfree.com
    mooo.com chickenkiller.com afraid.org ddnsking.com 3utilities.com bounceme.net gotdns.ch onthewifi.com viewdns.net
    dynv6.net nsupdate.info changeip.com dns.army dns.navy ngrok.io ngrok.app ngrok-free.app ngrok-free.dev
    trycloudflare.com serveo.net loca.lt localhost.run pagekite.me
"""
"""Providers under which anybody gets a name for a machine at home within a minute."""
RENTED_DOMAINS = frozenset(RENTED.split())

EXFILTRATION = ", which looks like exfiltration"

POSTS = """
SELECT f.orig_addr, coalesce(nullif(h.host, ''), f.resp_addr) AS host, min(f.resp_addr) AS resp_addr,
       max(f.resp_registered) AS registered, h.ts_ns // 86400000000000 AS day, count(*) AS n_posts,
       sum(coalesce(h.request_body_bytes, 0))::BIGINT AS sent,
       sum(coalesce(h.response_body_bytes, 0))::BIGINT AS received,
       bool_or(h.referrer IS NOT NULL OR h.http_origin IS NOT NULL) AS is_browsed,
       max(h.user_agent) AS user_agent, min(h.ts_ns) AS first_ns, max(h.ts_ns) AS last_ns,
       avg(CASE WHEN h.is_request_whole THEN 1.0 ELSE 0.0 END) AS whole_share,
       (list(DISTINCT h.flow_id ORDER BY h.flow_id))[:1000] AS flow_ids
FROM http AS h JOIN outward AS f USING (flow_id)
WHERE h.method IN ('POST', 'PUT', 'PATCH')
GROUP BY f.orig_addr, coalesce(nullif(h.host, ''), f.resp_addr), day
HAVING sent >= $min_bytes AND sent > received
ORDER BY f.orig_addr, host, day
"""


class HttpPostExfiltration(Detector):
    """Bodies of web requests that carry data out."""

    name = "http_post_exfiltration"
    question = "Does a machine hand data to a web server outside, unencrypted?"
    reads = ("http", "flows")
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, server name and day."""
        for row in tables.sql(POSTS, min_bytes=MIN_HIDDEN_BYTES):
            ratio = (row["sent"] - row["received"]) / (row["sent"] + row["received"])
            is_much = row["sent"] >= MIN_DAY_BYTES and ratio >= MIN_RATIO
            is_hidden = not row["is_browsed"] and is_nameless(row["host"])
            if (is_much or is_hidden) and not is_background(row["host"]):
                yield _finding(row, ratio, is_much=is_much, is_hidden=is_hidden)


def is_nameless(host: str) -> bool:
    """Return whether a host is an address, or a name that anybody gets for any machine."""
    name = host.rsplit(":", 1)[0].strip("[]").lower() if host.count(":") == 1 or "]" in host else host.lower()
    labels = name.rstrip(".").split(".")
    return is_address(name) or any(".".join(labels[-size:]) in RENTED_DOMAINS for size in (2, 3))


def _finding(row: dict[str, Any], ratio: float, *, is_much: bool, is_hidden: bool) -> Finding:
    parts = (
        ScorePart("bytes of request bodies", row["sent"], 40.0 if is_much else 10.0),
        ScorePart("share by which sending prevails", round(ratio, 3), round(20 * max(ratio, 0.0), 1)),
        ScorePart("no name of its own, and not called from a page", float(is_hidden), 40.0 if is_hidden else 0.0),
    )
    peer = peer_text(row["resp_addr"], None if row["host"] == row["resp_addr"] else row["host"], row["registered"])
    return Finding(
        title=(
            f"{row['orig_addr']} handed {bytes_text(row['sent'])} to {peer} in "
            f"{count_text(row['n_posts'], 'web request')} and took {bytes_text(row['received'])}{EXFILTRATION}, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.MEDIUM,
        confidence=0.6 if is_hidden else 0.5,
        who=row["orig_addr"],
        what=row["host"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a device or program that reports to its maker or to a machine of the organisation at home",
            "a form or file that somebody sent on purpose",
        ),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1041",
        visibility=round(row["whole_share"], 3),
        facts={
            "software": short_text(row["user_agent"] or "not told"),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
