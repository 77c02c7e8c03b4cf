"""X.509 certificates as sent in a handshake (RFC 5280): the table, and what one certificate says."""

from __future__ import annotations

import re
from typing import NamedTuple

from quivive.model.fields import STAMP
from quivive.model.schema import Field, Table

SHA256 = Field("certificate_sha256", "text", "SHA-256 of the certificate as sent, hex; in a handshake the server's.")
SUBJECT = Field("certificate_subject", "text", "Whom the certificate names, as RFC 4514 text.")
ISSUER = Field("certificate_issuer", "text", "Who issued the certificate, as RFC 4514 text.")
NOT_BEFORE = Field("certificate_not_before", "ts", "When the certificate begins to be valid (UTC).")
NOT_AFTER = Field("certificate_not_after", "ts", "When the certificate ceases to be valid (UTC).")
CLIENT_SUBJECT = Field(
    "client_subject", "text", "Whom the client's own certificate names, as RFC 4514 text.", personal="person"
)

CERTIFICATES = Table("certificates", "Certificates seen in handshakes, once per flow.", (
    *STAMP,
    SHA256,
    Field("certificate_sha1", "text", "SHA-1 of the certificate as sent, hex; what older block lists hold."),
    Field("chain_depth", "int32", "Place in the chain: 0 is the sender's own certificate."),
    Field("is_client_certificate", "bool", "Whether the client sent it."),
    Field("x509_version", "int32", "X.509 version, 1 to 3."),
    Field("certificate_serial", "text", "Serial number the issuer gave the certificate, hex."),
    SUBJECT,
    CLIENT_SUBJECT,
    ISSUER,
    NOT_BEFORE,
    NOT_AFTER,
    Field("key_algorithm", "text", "Kind of public key in the certificate, by its standard name."),
    Field("key_bits", "int32", "Size of the certificate's public key in bits."),
    Field("signature_algorithm", "text", "How the issuer signed the certificate, by its standard name."),
    Field("san_dns", "texts", "DNS names the certificate is for."),
    Field("san_ip", "texts", "Addresses the certificate is for."),
    Field("san_email", "texts", "Mail addresses the certificate is for.", personal="person"),
    Field("san_uri", "texts", "URIs the certificate is for."),
    Field("is_ca", "bool", "Whether the certificate may issue others."),
    Field("is_self_signed", "bool", "Whether subject and issuer are the same name."),
    Field("is_malformed", "bool", "Whether it breaks X.509 so far that a strict reader refuses it."),
))  # fmt: skip

COMMON_NAME = re.compile(r"(?:^|[,+])CN=((?:[^,+\\]|\\.)+)")


class Certificate(NamedTuple):
    """What a certificate says; the names are the columns of CERTIFICATES, times are microseconds since 1970 UTC."""

    certificate_sha256: str
    certificate_sha1: str
    x509_version: int | None = None
    certificate_serial: str | None = None
    certificate_subject: str | None = None
    certificate_issuer: str | None = None
    certificate_not_before: int | None = None
    certificate_not_after: int | None = None
    key_algorithm: str | None = None
    key_bits: int | None = None
    signature_algorithm: str | None = None
    san_dns: list[str] | None = None
    san_ip: list[str] | None = None
    san_email: list[str] | None = None
    san_uri: list[str] | None = None
    is_ca: bool | None = None
    is_self_signed: bool | None = None
    is_malformed: bool = True

    def is_for(self, name: str) -> bool:
        """Return whether it is for the host of this name or address (RFC 9525); a wildcard stands for one label."""
        sought = name.lower().rstrip(".")
        wanted = {sought, "*." + sought.partition(".")[2]}
        names = self.san_dns or self.san_ip or COMMON_NAME.findall(self.certificate_subject or "")
        if not wanted.isdisjoint(names):
            return True
        return sought in (self.san_ip or ()) or any(own.lower() in wanted for own in names)
