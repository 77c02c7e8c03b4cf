"""Certificates minted on the way: somebody opens the encryption between here and outside (MITRE ATT&CK T1557)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import registrable_domain
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import count_text, short_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

TOOLS = (
    "mitmproxy", "portswigger", "do_not_trust", "fiddler", "charles proxy", "superfish", "komodia", "edellroot",
    "bettercap", "sslsplit", "burp suite", "privdog",
)  # fmt: skip
"""Programs that one person runs to read others' encryption, or that were planted, as they sign their certificates."""
PRODUCTS = (
    "fortinet", "fortigate", "zscaler", "blue coat", "bluecoat", "netskope", "sophos ssl", "sophos web", "palo alto",
    "watchguard", "barracuda", "check point", "checkpoint", "cisco umbrella", "umbrella ca", "sonicwall", "untangle",
    "smoothwall", "iboss", "forcepoint", "websense", "mcafee web gateway", "skyhigh", "squid", "pfsense", "opnsense",
    "kaspersky anti", "eset ssl", "avast web", "avg web", "bitdefender personal", "adguard personal", "dr.web",
    "lightspeed", "securly", "contentwatch",
)  # fmt: skip
"""Gateways and virus checks that open encryption by order, as they sign."""
MIN_DOMAINS = 5
"""Unrelated domains that one issuer vouches for with certificates of the day."""
FRESH_NS = 24 * 3_600 * 10**9
"""Age of a certificate at its first use: those of public issuers are days to weeks old when they are seen."""

ISSUED = """
SELECT c.certificate_issuer AS issuer, f.peer AS name, min(f.orig_addr) AS orig_addr,
       count(DISTINCT f.orig_addr) AS n_own, min(f.ts_ns) AS first_ns, max(f.last_ns) AS last_ns,
       min(c.ts_ns - 1000 * epoch_us(c.certificate_not_before)) AS age_ns, sum(f.orig_bytes)::BIGINT AS sent,
       (list(DISTINCT f.flow_id ORDER BY f.flow_id))[:100] AS flow_ids
FROM certificates AS c JOIN outward AS f USING (flow_id)
WHERE c.chain_depth = 0 AND NOT c.is_client_certificate AND NOT c.is_self_signed AND f.server_name IS NOT NULL
  AND c.certificate_issuer IN (SELECT unnest($issuers))
GROUP BY issuer, name
ORDER BY issuer, name
"""

ISSUERS = """
SELECT certificate_issuer AS issuer, count(DISTINCT certificate_sha256) AS n_certificates,
       count(DISTINCT certificate_sha256)
           FILTER (WHERE epoch_us(ts) - epoch_us(certificate_not_before) BETWEEN 0 AND $fresh_us) AS n_fresh
FROM certificates
WHERE chain_depth = 0 AND NOT is_client_certificate AND certificate_issuer <> ''
GROUP BY issuer
"""


class Interception(Detector):
    """One issuer behind the certificates of unrelated places: a gateway, or somebody on the way."""

    name = "interception"
    question = "Does somebody open the encryption between here and outside?"
    reads = ("certificates", "flows")
    floor = Floor(n_outward=1)
    partition_by = "certificate_issuer"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per issuer; TLS 1.3 hides certificates, so most connections cannot be judged."""
        issuers = {row["issuer"]: row for row in tables.sql(ISSUERS, fresh_us=FRESH_NS // 1000)}
        suspects = [name for name, row in issuers.items() if _kind(name) or row["n_fresh"] >= MIN_DOMAINS]
        found: dict[str, list[dict[str, Any]]] = {}
        for row in tables.sql(ISSUED, issuers=suspects) if suspects else ():
            found.setdefault(row["issuer"], []).append(row)
        for issuer, rows in found.items():
            domains = {registrable_domain(row["name"]) for row in rows}
            is_minted = len(domains) >= MIN_DOMAINS and all(0 <= row["age_ns"] <= FRESH_NS for row in rows)
            if _kind(issuer) or is_minted:
                yield _finding(issuer, rows, domains, is_minted=is_minted)


def _kind(issuer: str) -> str:
    """Return what is known of an issuer by its name: a tool, a product, or nothing."""
    words = issuer.lower()
    if any(tool in words for tool in TOOLS):
        return "tool"
    return "product" if any(product in words for product in PRODUCTS) else ""


def _finding(issuer: str, rows: list[dict[str, Any]], domains: set[str], *, is_minted: bool) -> Finding:
    kind = _kind(issuer)
    severity = {"tool": Severity.HIGH, "product": Severity.LOW}.get(kind, Severity.MEDIUM)
    first_ns, last_ns = min(row["first_ns"] for row in rows), max(row["last_ns"] for row in rows)
    parts = (
        ScorePart("signs like a known program", float(bool(kind)), 50.0 if kind else 0.0),
        ScorePart("unrelated domains vouched for", len(domains), min(5.0 * len(domains), 25.0)),
        ScorePart("certificates made within a day of their use", float(is_minted), 25.0 if is_minted else 0.0),
    )
    return Finding(
        title=(
            f"Encryption to {count_text(len(domains), 'domain')} is opened on the way: '{short_text(issuer)}' vouches "
            f"for them all, seen from {rows[0]['orig_addr']} first, {when_text(first_ns, last_ns)}"
        ),
        severity=severity,
        confidence=0.9 if kind == "tool" else 0.6 if kind else 0.5,
        who=rows[0]["orig_addr"],
        what=short_text(issuer),
        first_ns=first_ns,
        last_ns=last_ns,
        n_bytes=sum(row["sent"] for row in rows),
        flow_ids=tuple(sorted({flow_id for row in rows for flow_id in row["flow_ids"]})[:1000]),
        innocent=(
            "the organisation's own gateway or virus check, which does so by order and tells its people",
            "a developer who looks at his own program's traffic",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1557",
        facts={"for example": ", ".join(sorted(domains)[:5])},
    )
