"""Protocols where others are expected: a shell on the web's port passes many a firewall (MITRE ATT&CK T1571)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, Severity

EXPECTED = {
    21: "ftp tls",
    22: "ssh",
    25: "smtp tls",
    53: "dns tls dtls quic",
    80: "http1 http2 websocket ocpp tls socks rtmp ssdp",
    110: "pop3 tls",
    123: "ntp",
    143: "imap tls",
    443: "tls quic http1 http2 http3 websocket ocpp dtls stun turn rtp rtcp gquic",
    853: "tls dtls quic",
    993: "tls imap",
}
"""Services that are at home, or common guests, at ports that firewalls let out."""
COMMANDING = frozenset({"ssh", "telnet", "rdp", "vnc", "smb", "dcerpc", "socks", "irc", "ftp", "openvpn", "wireguard"})
"""Services with which machines are commanded or other traffic is carried."""

STRANGERS = """
WITH expected AS (SELECT unnest($ports) AS resp_port, unnest($services) AS services)
SELECT f.orig_addr, f.resp_addr, f.resp_port, f.service, max(f.server_name) AS server_name,
       max(f.resp_registered) AS registered, count(*) AS n_flows, sum(f.orig_bytes)::BIGINT AS sent,
       sum(f.resp_bytes)::BIGINT AS received, min(f.ts_ns) AS first_ns, max(f.last_ns) AS last_ns,
       (list(f.flow_id ORDER BY f.flow_id))[:1000] AS flow_ids
FROM outward AS f JOIN expected AS e USING (resp_port)
WHERE f.service IS NOT NULL AND f.confidence IS DISTINCT FROM 'port only' AND f.orig_bytes > 0 AND f.resp_bytes > 0
  AND NOT list_contains(string_split(e.services, ' '), f.service)
GROUP BY f.orig_addr, f.resp_addr, f.resp_port, f.service
ORDER BY f.orig_addr, f.resp_addr, f.resp_port, f.service
"""


class ProtocolOnForeignPort(Detector):
    """A protocol that speaks where another is at home."""

    name = "protocol_on_foreign_port"
    question = "Does a protocol hide at a port where another is expected?"
    reads = ("flows",)
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, peer, port and protocol, where both sides spoke."""
        rows = tables.sql(STRANGERS, ports=list(EXPECTED), services=list(EXPECTED.values()))
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    commands = row["service"] in COMMANDING
    home = EXPECTED[row["resp_port"]].split()[0]
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    return Finding(
        title=(
            f"{row['orig_addr']} spoke {row['service']} with {peer} at port {row['resp_port']}, where {home} is "
            f"expected: {bytes_text(row['sent'])} out, {bytes_text(row['received'])} in, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.MEDIUM if commands or row["resp_port"] in (53, 123) else Severity.NOTE,
        confidence=0.7 if commands else 0.5,
        who=row["orig_addr"],
        what=f"{row['server_name'] or row['resp_addr']}:{row['resp_port']}",
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a service that the organisation put there so that it passes firewalls",
            "a program whose protocol only looks like another one",
        ),
        attack_id="T1571",
        facts={
            "flows": count_text(row["n_flows"], "flow"),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
