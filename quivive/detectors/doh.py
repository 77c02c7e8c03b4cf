"""Names looked up by an encrypted service outside, past the organisation's own name server (MITRE ATT&CK T1572)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import listed
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, Severity

NAMES = """
    dns.google dns.google.com dns64.dns.google cloudflare-dns.com one.one.one.one dns.quad9.net quad9.net
    doh.opendns.com dns.opendns.com dns.umbrella.com doh.umbrella.com adguard-dns.com dns.adguard.com
    dns.nextdns.io doh.cleanbrowsing.org dns.mullvad.net doh.mullvad.net dns0.eu doh.libredns.gr dns.alidns.com
    doh.pub dot.pub doh.360.cn dns.twnic.tw doh.dns.sb dns.sb doh.li dns.controld.com freedns.controld.com
    odoh.cloudflare-dns.com dns.switch.ch doh.applied-privacy.net doh.ffmuc.net dnsforge.de ordns.he.net
    doh.xfinity.com doh.tiar.app dns.njal.la dns.aa.net.uk dns.digitale-gesellschaft.ch use-application-dns.net
"""
RESOLVER_NAMES = frozenset(NAMES.split())
"""Public resolvers by the name that a client asks for, and all names below it."""

ADDRESSES = """
    8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 9.9.9.9 149.112.112.112 9.9.9.10 9.9.9.11
    208.67.222.222 208.67.220.220 94.140.14.14 94.140.15.15 94.140.14.140 185.228.168.9 185.228.168.168 194.242.2.2
    193.110.81.0 185.253.5.0 223.5.5.5 223.6.6.6 119.29.29.29 101.101.101.101 185.222.222.222 45.11.45.11 76.76.2.0
    2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001 2620:fe::fe 2620:fe::9
    2620:119:35::35 2620:119:53::53 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff 2400:3200::1 2400:3200:baba::1
"""
RESOLVER_ADDRESSES = ADDRESSES.split()
"""Addresses that serve names and nothing else."""

PRIVATE_PORTS = [853, 784, 8853]
"""Ports of DNS over TLS (RFC 7858) and over QUIC (RFC 9250)."""
MUCH_BYTES = 1_000_000
"""Sent to a resolver; a day of browsing asks for less, a tunnel carries as much in minutes. Questions are shorter than
their answers: where as much went out as came in, the questions carried something."""

LOOKED_UP, TUNNELLED = "looked up names at", "opened what looks like a tunnel to the resolver"

PRIVATE_LOOKUPS = """
SELECT orig_addr, peer AS resolver, max(server_name) AS server_name,
       min(resp_addr) AS resp_addr, max(resp_registered) AS registered, count(*) AS n_flows,
       sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns,
       max(last_ns) AS last_ns, bool_and(list_contains($private_ports, resp_port)) AS is_by_port,
       (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward
WHERE orig_bytes > 0
  AND (service IN ('tls', 'quic', 'dtls') OR (service IS NULL AND list_contains($private_ports, resp_port)))
  AND (list_contains($private_ports, resp_port) OR list_contains($addresses, resp_addr)
       OR server_name IN (SELECT unnest($names)))
GROUP BY orig_addr, peer
ORDER BY orig_addr, resolver
"""


class Doh(Detector):
    """Encrypted look-ups of names at a resolver outside."""

    name = "doh"
    question = "Does a machine look up names outside where nobody here can see which?"
    reads = ("flows",)
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and resolver."""
        called = (row["server_name"] for row in tables.sql("SELECT server_name FROM names_called"))
        names = [name for name in called if listed(name, RESOLVER_NAMES)]
        rows = tables.sql(PRIVATE_LOOKUPS, private_ports=PRIVATE_PORTS, addresses=RESOLVER_ADDRESSES, names=names)
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    is_tunnel = is_unnamed(row) or (row["sent"] >= MUCH_BYTES and row["sent"] >= row["received"])
    is_odd = row["sent"] >= MUCH_BYTES
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    return Finding(
        title=(
            f"{row['orig_addr']} {TUNNELLED if is_tunnel else LOOKED_UP} {peer} over encryption: "
            f"{bytes_text(row['sent'])} out, "
            f"{bytes_text(row['received'])} in, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.MEDIUM if is_tunnel else Severity.LOW if is_odd else Severity.NOTE,
        confidence=0.6,
        who=row["orig_addr"],
        what=row["resolver"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a browser or telephone that encrypts its look-ups by itself",
            "the organisation's own resolver, which asks its provider this way",
        ),
        attack_id="T1572",
        visibility=0.0,
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "why": _reason(row),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )


def is_unnamed(row: dict[str, Any]) -> bool:
    """Return whether a resolver was called by its address, at the port of the web.

    Browsers and systems call theirs by name, or at the ports of private look-ups; tunnels do what needs no set-up.
    """
    return row["server_name"] is None and not row["is_by_port"]


def _reason(row: dict[str, Any]) -> str:
    if row["is_by_port"]:
        return "the port is that of DNS over TLS or QUIC"
    if row["server_name"]:
        return "a resolver is known by this name"
    return "a resolver is known at this address, and the client sent no name"
