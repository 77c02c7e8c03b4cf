"""Certificates that nobody vouches for, out of their time or for another name (MITRE ATT&CK T1587.003, T1573)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.destinations import is_address
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, day_text, peer_text, short_text, when_text
from quivive.model.finding import Finding, Severity

ODD = """
WITH leaves AS (
    SELECT c.flow_id, c.certificate_sha256, c.certificate_subject, c.certificate_issuer, c.is_self_signed,
           c.ts > c.certificate_not_after AS has_expired, c.ts < c.certificate_not_before AS is_early,
           c.certificate_not_before, c.certificate_not_after, t.sni_matches_certificate
    FROM certificates AS c JOIN tls AS t USING (flow_id)
    WHERE c.chain_depth = 0 AND NOT c.is_client_certificate
      AND (c.is_self_signed OR c.ts > c.certificate_not_after OR c.ts < c.certificate_not_before
           OR NOT t.sni_matches_certificate)
)
SELECT f.orig_addr, f.resp_addr, f.resp_port, l.certificate_sha256, max(f.server_name) AS server_name,
       max(f.resp_registered) AS registered, any_value(l.certificate_subject) AS subject,
       any_value(l.certificate_issuer) AS issuer, bool_or(l.is_self_signed) AS is_self_signed,
       bool_or(l.has_expired) AS has_expired, bool_or(l.is_early) AS is_early,
       bool_or(NOT l.sni_matches_certificate) AS has_other_name,
       epoch_us(any_value(l.certificate_not_before)) AS not_before,
       epoch_us(any_value(l.certificate_not_after)) AS not_after, min(f.ts_ns) AS first_ns, max(f.last_ns) AS last_ns,
       sum(f.orig_bytes)::BIGINT AS sent, (list(f.flow_id ORDER BY f.flow_id))[:1000] AS flow_ids
FROM leaves AS l JOIN outward AS f USING (flow_id)
WHERE f.transport = 'tcp'
GROUP BY f.orig_addr, f.resp_addr, f.resp_port, l.certificate_sha256
HAVING is_self_signed OR has_expired OR is_early OR has_other_name
ORDER BY f.orig_addr, f.resp_addr, f.resp_port, l.certificate_sha256
"""


SHOWN = """
SELECT count(*) AS n, count(*) FILTER (WHERE n_certificates IS NULL OR n_certificates = 0) AS n_hidden
FROM tls JOIN outward USING (flow_id)
"""


class TlsCertificate(Detector):
    """A server outside whose certificate proves nothing."""

    name = "tls_certificate"
    question = "Does a machine talk encrypted to a server that cannot prove who it is?"
    reads = ("tls", "flows")
    may_read = ("certificates",)
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, server and certificate; TLS 1.3 hides them, so most cannot be judged."""
        for row in tables.sql(ODD):
            yield _finding(row)

    def not_judged(self, tables: Tables) -> str:
        """Say how many connections showed no certificate."""
        (shown,) = tables.sql(SHOWN)
        if not shown["n_hidden"]:
            return ""
        return f"{shown['n_hidden']:,} of {shown['n']:,} TLS connections showed no certificate"


def _finding(row: dict[str, Any]) -> Finding:
    faults = _faults(row)
    is_nameless = row["server_name"] is None or is_address(row["server_name"])
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    return Finding(
        title=(
            f"{row['orig_addr']} spoke encrypted with {peer} at port {row['resp_port']}, whose certificate "
            f"{' and '.join(faults)}; {bytes_text(row['sent'])} out, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=_severity(row, is_nameless=is_nameless),
        confidence=0.6 if row["is_self_signed"] and is_nameless else 0.4,
        who=row["orig_addr"],
        what=row["server_name"] or row["resp_addr"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["sent"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a device or small server whose owner made the certificate himself",
            "a certificate that somebody forgot to renew, or the client's wrong clock",
            "a service that sends the same certificate for all its names",
        ),
        attack_id="T1573.002",
        facts={
            "subject": short_text(row["subject"] or "none"),
            "issuer": short_text(row["issuer"] or "none"),
            "valid": f"{day_text(1000 * row['not_before'])} to {day_text(1000 * row['not_after'])}"
            if row["not_before"] is not None and row["not_after"] is not None
            else "not told",
            "certificate SHA-256": row["certificate_sha256"] or "not known",
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )


def _faults(row: dict[str, Any]) -> list[str]:
    told = (
        (row["is_self_signed"], "is vouched for by nobody but itself"),
        (row["has_expired"], "had expired"),
        (row["is_early"], "was not valid yet"),
        (row["has_other_name"], "is for another name"),
    )
    return [words for is_so, words in told if is_so]


def _severity(row: dict[str, Any], *, is_nameless: bool) -> Severity:
    if row["is_self_signed"]:
        return Severity.MEDIUM if is_nameless else Severity.LOW
    return Severity.LOW if row["is_early"] else Severity.NOTE
