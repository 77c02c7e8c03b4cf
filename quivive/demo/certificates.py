"""Certificates for the demonstration's servers: Ed25519 keys drawn from the name, so that each run makes the same."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from quivive.demo.clock import DAY_START

AUTHORITY = "Example Web Authority R1"
LEAF_LIFE, AUTHORITY_LIFE = timedelta(days=90), timedelta(days=3650)


@lru_cache(maxsize=64)
def chain(server_name: str) -> tuple[bytes, ...]:
    """Return a server's certificate and its issuer's, in DER."""
    leaf = _build(_subject(server_name), _subject(AUTHORITY, "Example Trust"), (server_name, AUTHORITY), LEAF_LIFE)
    issuer = _subject(AUTHORITY, "Example Trust")
    return leaf, _build(issuer, issuer, (AUTHORITY, AUTHORITY), AUTHORITY_LIFE)


@lru_cache(maxsize=8)
def self_signed(device_name: str, ip: str) -> tuple[bytes, ...]:
    """Return the certificate that a device made for itself."""
    subject = _subject(device_name, "Device")
    return (_build(subject, subject, (device_name, device_name), AUTHORITY_LIFE, ip),)


def _subject(common_name: str, organisation: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organisation:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def _key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"quivive demo " + name.encode()).digest())


def _build(
    subject: x509.Name, issuer: x509.Name, keys: tuple[str, str], life: timedelta, ip: str | None = None
) -> bytes:
    """Return a certificate for the first key, signed with the second."""
    holder, signer = keys
    start = DAY_START - life / 3
    names: list[x509.GeneralName] = [x509.DNSName(holder)] if "." in holder else []
    names += [x509.IPAddress(ipaddress.ip_address(ip))] if ip else []
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=_key(holder).public_key(),
        serial_number=int.from_bytes(hashlib.sha256(holder.encode()).digest()[:15], "big"),
        not_valid_before=start,
        not_valid_after=start + life,
    )
    is_authority = holder == AUTHORITY
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(_key(signer), None).public_bytes(Encoding.DER)
