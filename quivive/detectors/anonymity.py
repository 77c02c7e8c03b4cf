"""Ways to hide where one goes: Tor, and tunnels to networks outside (MITRE ATT&CK T1090.003, T1572)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import listed
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, Severity

PROVIDERS = {
    "torproject.org": "Tor", "nordvpn.com": "NordVPN", "nordcdn.com": "NordVPN", "expressvpn.com": "ExpressVPN",
    "expressapisv2.net": "ExpressVPN", "surfshark.com": "Surfshark", "protonvpn.com": "Proton VPN",
    "protonvpn.ch": "Proton VPN", "vpn-api.proton.me": "Proton VPN", "mullvad.net": "Mullvad",
    "privateinternetaccess.com": "Private Internet Access", "cyberghostvpn.com": "CyberGhost",
    "ipvanish.com": "IPVanish", "windscribe.com": "Windscribe", "tunnelbear.com": "TunnelBear",
    "hotspotshield.com": "Hotspot Shield", "hidemyass.com": "HideMyAss", "psiphon.ca": "Psiphon",
    "psiphon3.com": "Psiphon", "getlantern.org": "Lantern", "ivpn.net": "IVPN", "purevpn.com": "PureVPN",
    "vyprvpn.com": "VyprVPN", "hide.me": "hide.me", "airvpn.org": "AirVPN", "getoutline.org": "Outline",
    "ultrasurf.us": "Ultrasurf",
}  # fmt: skip
"""Providers by the domain their programs call."""
TUNNELS = {"openvpn": "OpenVPN", "wireguard": "WireGuard", "ike": "IPsec", "pptp": "PPTP", "l2tp": "L2TP"}
"""Tunnels by the protocol they speak."""
TOR_SUBJECT, TOR_ISSUER = r"^CN=www\.[a-z2-7]{8,20}\.net$", r"^CN=www\.[a-z2-7]{8,20}\.com$"
"""Names that Tor's relays make up for their certificates: base32 at random, .net vouched for by another's .com."""
MUCH_BYTES = 1_000_000

WAYS = """
WITH called AS (SELECT unnest($names) AS server_name, unnest($providers) AS way, 'name' AS known_by),
tunnels AS (SELECT unnest($services) AS service, unnest($tunnels) AS way, 'protocol' AS known_by),
ways AS (
    SELECT f.flow_id, c.way, c.known_by FROM outward AS f JOIN called AS c USING (server_name)
    UNION ALL
    SELECT f.flow_id, t.way, t.known_by FROM outward AS f JOIN tunnels AS t USING (service)
    WHERE f.confidence IS DISTINCT FROM 'port only' AND f.orig_bytes > 0 AND f.resp_bytes > 0
    UNION ALL
    SELECT flow_id, 'Tor', 'certificate' FROM tls
    WHERE regexp_matches(certificate_subject, $tor_subject) AND regexp_matches(certificate_issuer, $tor_issuer)
)
SELECT orig_addr, way, min(resp_addr) AS resp_addr, count(DISTINCT resp_addr) AS n_addrs,
       max(server_name) AS server_name, max(resp_registered) AS registered, max(resp_operator) AS operator,
       max(resp_controlling) AS controlling, count(DISTINCT flow_id) AS n_flows, min(known_by) AS known_by,
       sum(orig_bytes)::BIGINT AS sent, sum(resp_bytes)::BIGINT AS received, min(ts_ns) AS first_ns,
       max(last_ns) AS last_ns, (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outward JOIN (SELECT DISTINCT * FROM ways) USING (flow_id)
GROUP BY orig_addr, way
ORDER BY orig_addr, way
"""


class Anonymity(Detector):
    """A tunnel or anonymity network that hides whom a host speaks with."""

    name = "anonymity"
    question = "Does a machine hide where it goes, by Tor or a private tunnel to outside?"
    reads = ("flows",)
    may_read = ("tls",)
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and way; Tor that dresses up as something else cannot be told."""
        called = [row["server_name"] for row in tables.sql("SELECT server_name FROM names_called")]
        names = {name: PROVIDERS[domain] for name in called if (domain := listed(name, PROVIDERS))}
        rows = tables.sql(
            WAYS,
            names=list(names),
            providers=list(names.values()),
            services=list(TUNNELS),
            tunnels=list(TUNNELS.values()),
            tor_subject=TOR_SUBJECT,
            tor_issuer=TOR_ISSUER,
        )
        for row in rows:
            yield _finding(row)


def _severity(row: dict[str, Any]) -> Severity:
    """Return how soon to look: a visit to a provider's page, or an ordered tunnel, is common."""
    if row["known_by"] == "certificate":
        return Severity.MEDIUM
    return Severity.LOW if row["sent"] >= MUCH_BYTES else Severity.NOTE


def _finding(row: dict[str, Any]) -> Finding:
    places = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    more = f" and {row['n_addrs'] - 1:,} more" if row["n_addrs"] > 1 else ""
    return Finding(
        title=(
            f"{row['orig_addr']} used {row['way']} with {places}{more}: {bytes_text(row['sent'])} out, "
            f"{bytes_text(row['received'])} in, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=_severity(row),
        confidence=0.8 if row["known_by"] == "certificate" else 0.6,
        who=row["orig_addr"],
        what=row["way"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "the organisation's own tunnel to a branch, a partner or a cloud",
            "a private device on the guest network, or a visit to the provider's web page",
        ),
        attack_id="T1090.003" if row["way"] == "Tor" else "T1572",
        visibility=0.0,
        facts={
            "known by": row["known_by"],
            "flows": count_text(row["n_flows"], "flow"),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
