"""Time stamps of a third party (RFC 3161): a request for some bytes, and whether an answer is a stamp over just these.

What is checked here is the stamp itself: granted, over these bytes, answering this request, signed by the certificate
in it, which is made for time stamps (RFC 3161, 2.4.2; RFC 5035). Whom to trust is for the reader to say, with
`openssl ts -verify -CAfile`: no list of authorities is shipped.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from quivive.model.errors import CaseError, UsageError
from quivive.model.later import Later

if TYPE_CHECKING:
    from cryptography import x509
else:
    x509 = Later("cryptography.x509")

exceptions: Any = Later("cryptography.exceptions")
hashes: Any = Later("cryptography.hazmat.primitives.hashes")
ec: Any = Later("cryptography.hazmat.primitives.asymmetric.ec")
padding: Any = Later("cryptography.hazmat.primitives.asymmetric.padding")
rsa: Any = Later("cryptography.hazmat.primitives.asymmetric.rsa")
tsp: Any = Later("asn1crypto.tsp")
network: Any = Later("urllib.request")

ANSWER_BYTES = 1 << 20
"""Longest answer that is read: a stamp with its certificates has some 6,000 bytes."""

PATIENCE_S = 20.0
NONCE_BITS = 63
GRANTED = ("granted", "granted_with_mods")
HASHES = {"sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
FOREIGN = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
"""What readers of ASN.1 raise for bytes that are none."""

Authority = Callable[[bytes], bytes]
"""Gives the answer to a request."""


@functools.cache
def _answer() -> Any:
    """Return TimeStampResp (RFC 3161, 2.4.2): a refusal holds no token, which asn1crypto's own class asks for."""
    from asn1crypto import cms, core

    class Answer(core.Sequence):  # type: ignore[misc]
        _fields = [  # noqa: RUF012 - as asn1crypto wants it
            ("status", tsp.PKIStatusInfo),
            ("time_stamp_token", cms.ContentInfo, {"optional": True}),
        ]

    return Answer


class Stamp(NamedTuple):
    """A stamp that is sound."""

    at: datetime
    by: str
    """Subject of the certificate that signed."""


def request(data: bytes, nonce: int | None = None) -> bytes:
    """Return a request (DER) for a stamp over some bytes."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(data).digest()}
    chosen = secrets.randbits(NONCE_BITS) | 1 if nonce is None else nonce
    asked = {"version": "v1", "message_imprint": imprint, "nonce": chosen, "cert_req": True}
    return bytes(tsp.TimeStampReq(asked).dump())


def nonce_of(asked: bytes) -> int:
    """Return the number by which an answer shows that it is one to this request. Raises CaseError."""
    try:
        return int(tsp.TimeStampReq.load(asked, strict=True)["nonce"].native)
    except FOREIGN as error:
        raise CaseError("the request for a time stamp cannot be read; make another") from error


def check(answer: bytes, data: bytes, nonce: int | None = None) -> Stamp:
    """Return the stamp that an answer holds over some bytes. Raises CaseError with what is wrong with it."""
    try:
        return _checked(answer, data, nonce)
    except FOREIGN as error:
        raise CaseError("the time stamp cannot be read: it is no answer of a time-stamping authority") from error
    except _certificate_faults() as error:
        raise CaseError("the time stamp holds no certificate that can be read") from error
    except (exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm) as error:
        raise CaseError("the time stamp is not signed by the certificate in it: it was changed") from error


def _certificate_faults() -> tuple[type[Exception], ...]:
    """Return what the reader of certificates raises beside FOREIGN."""
    return x509.InvalidVersion, x509.DuplicateExtension, x509.ExtensionNotFound, x509.UnsupportedGeneralNameType


def _checked(answer: bytes, data: bytes, nonce: int | None) -> Stamp:
    held = _answer().load(answer, strict=True)
    status = held["status"]["status"].native
    if status not in GRANTED:
        raise CaseError(f"the time-stamping authority refused ({status})")
    signed = held["time_stamp_token"]["content"]
    told = signed["encap_content_info"]["content"].parsed
    imprint = told["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise CaseError("the time stamp is not over a SHA-256")
    if imprint["hashed_message"].native != hashlib.sha256(data).digest():
        raise CaseError("the time stamp is over other bytes")
    if nonce is not None and told["nonce"].native != nonce:
        raise CaseError("the time stamp answers another request")
    (signer,) = signed["signer_infos"]
    certificate = _certificate_of(signed, signer)
    _refuse_unsigned(signer, signed["encap_content_info"]["content"].contents, certificate)
    return Stamp(told["gen_time"].native, certificate.subject.rfc4514_string())


def _certificate_of(signed: Any, signer: Any) -> x509.Certificate:
    """Return the certificate that is named as the signer's, by its place and by its hash (RFC 5035, 3)."""
    wanted = signer["sid"].chosen
    for one in signed["certificates"]:
        held = one.chosen
        if held.serial_number == wanted["serial_number"].native and held.issuer == wanted["issuer"]:
            certificate = x509.load_der_x509_certificate(held.dump())
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if x509.ExtendedKeyUsageOID.TIME_STAMPING in usage and _is_named(signer, held.dump()):
                return certificate
    raise CaseError("the time stamp holds no certificate for time stamps that its signer is named by")


def _is_named(signer: Any, certificate: bytes) -> bool:
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "signing_certificate_v2":
            first = attribute["values"][0]["certs"][0]
            kind = first["hash_algorithm"]["algorithm"].native
            return bool(first["cert_hash"].native == hashlib.new(kind, certificate).digest())
        if attribute["type"].native == "signing_certificate":
            named = attribute["values"][0]["certs"][0]["cert_hash"].native
            return bool(named == hashlib.sha1(certificate, usedforsecurity=False).digest())
    return False


def _refuse_unsigned(signer: Any, content: bytes, certificate: x509.Certificate) -> None:
    """Raise CaseError or InvalidSignature unless the certificate's key signed the content (RFC 5652, 5.4)."""
    kind = signer["digest_algorithm"]["algorithm"].native
    algorithm = getattr(hashes, HASHES[kind])()
    attributes = signer["signed_attrs"]
    (digest,) = (one["values"][0].native for one in attributes if one["type"].native == "message_digest")
    if digest != hashlib.new(kind, content).digest():
        raise CaseError("the time stamp was changed: its text is not the one that was signed")
    text = b"\x31" + attributes.dump()[1:]  # signed as a SET, sent as [0]
    signature, key = signer["signature"].native, certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, text, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, text, ec.ECDSA(algorithm))
    else:
        raise CaseError("the time stamp is signed with a kind of key that is not known here")


def authority(url: str) -> Authority:
    """Return the authority at an address; it raises CaseError where none answers. Raises UsageError for no address."""
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"{url!r:.100} is no address of a time-stamping authority; write it as https://...")

    def _ask(asked: bytes) -> bytes:
        told = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            with network.urlopen(network.Request(url, data=asked, headers=told), timeout=PATIENCE_S) as answer:
                return bytes(answer.read(ANSWER_BYTES))
        except (OSError, ValueError) as error:
            raise CaseError(
                f"{url}: the time-stamping authority does not answer ({' '.join(str(error).split())}); try later, or "
                "by files: quivive audit request"
            ) from error

    return _ask
