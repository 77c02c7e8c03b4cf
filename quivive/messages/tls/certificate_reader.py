"""Reads X.509 certificates (RFC 5280), each distinct one once: strictly, or as far as it goes."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning

from quivive.messages.tls.certificates import Certificate
from quivive.model.limits import LIST_ITEMS

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REMEMBERED = 4096
"""Certificates kept read: a site meets some hundred distinct ones a day; 4,096 of them take about 8 MB."""

REMEMBERED_BYTES = 1 << 14
"""Larger certificates are read each time, so that a flood of them cannot fill the memory."""

CERTIFICATE_BYTES = 1 << 19
"""Largest certificate that is opened: real ones stay under 60 kB, one made to test with names reaches 340 kB."""

KEY_ALGORITHMS = {
    "1.2.840.113549.1.1.1": "rsaEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.10040.4.1": "id-dsa",
    "1.2.840.113549.1.3.1": "dhKeyAgreement",
    "1.3.101.110": "X25519",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "1.2.643.7.1.1.1.1": "gost2012-256",
    "2.16.840.1.101.3.4.3.17": "id-ml-dsa-44",
    "2.16.840.1.101.3.4.3.18": "id-ml-dsa-65",
    "2.16.840.1.101.3.4.3.19": "id-ml-dsa-87",
}
SIGNATURE_ALGORITHMS = KEY_ALGORITHMS | {
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSA",
    "1.2.840.10040.4.3": "id-dsa-with-sha1",
    "2.16.840.1.101.3.4.3.2": "id-dsa-with-sha256",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
}
"""Object identifiers of RFC 3279, 4055, 5480, 5758 and 8410; others are written as their numbers."""

SHORT_NAMES = {
    "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.10": "O",
    "2.5.4.11": "OU", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
    "1.2.840.113549.1.9.1": "emailAddress", "2.5.4.5": "serialNumber", "2.5.4.17": "postalCode",
    "2.5.4.4": "SN", "2.5.4.42": "GN", "2.5.4.12": "title", "2.5.4.15": "businessCategory",
    "2.5.4.97": "organizationIdentifier", "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST", "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
}  # fmt: skip
"""RFC 4514, section 3, and what tools write for attributes it leaves as numbers."""

OTHER_NAMES = {x509.ObjectIdentifier(oid): name for oid, name in SHORT_NAMES.items()}

ODD = (
    ValueError, TypeError, LookupError, AttributeError, NameError, ArithmeticError, RecursionError,
    UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)  # fmt: skip
"""What the two libraries raise for certificates that break the rules; a NameError is asn1crypto's own slip."""

_KNOWN: dict[bytes, Certificate] = {}


def read_certificate(der: bytes) -> Certificate:
    """Return what a certificate says; one met before is not read again."""
    digest = hashlib.sha256(der).digest()
    known = _KNOWN.get(digest)
    if known is None:
        known = _read(der, Certificate(digest.hex(), hashlib.sha1(der, usedforsecurity=False).hexdigest()))
        if len(_KNOWN) >= REMEMBERED:
            _KNOWN.clear()
        if len(der) <= REMEMBERED_BYTES:
            _KNOWN[digest] = known
    return known


def _read(der: bytes, bare: Certificate) -> Certificate:
    if len(der) > CERTIFICATE_BYTES:
        return bare
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return _maybe(lambda: _strict(der, bare)) or _maybe(lambda: _lenient(der, bare)) or bare


def _maybe(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ODD:
        return None


def _strict(der: bytes, bare: Certificate) -> Certificate:
    certificate = x509.load_der_x509_certificate(der)
    names, is_ca = _names_and_role(certificate.extensions)
    return bare._replace(
        x509_version=certificate.version.value + 1,
        certificate_serial=_hex(certificate.serial_number),
        certificate_subject=certificate.subject.rfc4514_string(OTHER_NAMES),
        certificate_issuer=certificate.issuer.rfc4514_string(OTHER_NAMES),
        certificate_not_before=_microseconds(certificate.not_valid_before_utc),
        certificate_not_after=_microseconds(certificate.not_valid_after_utc),
        key_algorithm=_name_of(KEY_ALGORITHMS, certificate.public_key_algorithm_oid.dotted_string),
        key_bits=_maybe(lambda: _key_bits(certificate)),
        signature_algorithm=_name_of(SIGNATURE_ALGORITHMS, certificate.signature_algorithm_oid.dotted_string),
        is_ca=is_ca,
        is_self_signed=certificate.subject == certificate.issuer,
        is_malformed=False,
        **names,
    )


def _hex(serial: int) -> str:
    """Return a serial number in whole bytes, as it is printed everywhere."""
    digits = f"{abs(serial):x}"
    return ("-" if serial < 0 else "") + "0" * (len(digits) % 2) + digits


def _microseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _name_of(names: dict[str, str], oid: str) -> str:
    return names.get(oid, oid)


def _key_bits(certificate: x509.Certificate) -> int:
    key: Any = certificate.public_key()
    return key.key_size if hasattr(key, "key_size") else len(key.public_bytes_raw()) * 8


def _names_and_role(extensions: x509.Extensions) -> tuple[dict[str, Any], bool]:
    names: dict[str, Any] = {}
    is_ca = False
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints):
            is_ca = extension.value.ca
        elif isinstance(extension.value, x509.SubjectAlternativeName):
            for column, kind in (("san_dns", x509.DNSName), ("san_email", x509.RFC822Name),
                                 ("san_uri", x509.UniformResourceIdentifier), ("san_ip", x509.IPAddress)):  # fmt: skip
                found = extension.value.get_values_for_type(kind)
                names[column] = [str(value) for value in found[:LIST_ITEMS]] or None
    return names, is_ca


def _lenient(der: bytes, bare: Certificate) -> Certificate:
    from asn1crypto import x509 as lenient_x509  # slow to import and seldom needed

    certificate = lenient_x509.Certificate.load(der)
    body = certificate["tbs_certificate"]
    return bare._replace(
        x509_version=_maybe(lambda: int(body["version"]) + 1),
        certificate_serial=_maybe(lambda: _hex(body["serial_number"].native)),
        certificate_subject=_maybe(lambda: _name_text(body["subject"])),
        certificate_issuer=_maybe(lambda: _name_text(body["issuer"])),
        certificate_not_before=_maybe(lambda: _microseconds(body["validity"]["not_before"].native)),
        certificate_not_after=_maybe(lambda: _microseconds(body["validity"]["not_after"].native)),
        key_algorithm=_maybe(lambda: _lenient_oid(KEY_ALGORITHMS, body["subject_public_key_info"]["algorithm"])),
        signature_algorithm=_maybe(lambda: _lenient_oid(SIGNATURE_ALGORITHMS, body["signature"])),
        san_dns=_maybe(lambda: _lenient_names(certificate.subject_alt_name_value)),
        is_ca=_maybe(lambda: bool(certificate.ca)),
        is_self_signed=_maybe(lambda: body["subject"].dump() == body["issuer"].dump()),
    )


def _lenient_oid(names: dict[str, str], algorithm: Any) -> str:
    return _name_of(names, algorithm["algorithm"].dotted)


def _lenient_names(names: Any) -> list[str] | None:
    return [name.native for name in list(names or ())[:LIST_ITEMS] if name.name == "dns_name"] or None


def _name_text(name: Any) -> str:
    parts = [
        "+".join(f"{SHORT_NAMES.get(pair['type'].dotted, pair['type'].dotted)}={pair['value'].native}" for pair in part)
        for part in name.chosen
    ]
    return ",".join(reversed(parts))
