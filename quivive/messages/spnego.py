"""Log-in tokens inside other protocols: SPNEGO (RFC 4178, [MS-SPNG]), GSS-API framing (RFC 2743), bare NTLM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quivive.kit.protocol import Row
from quivive.messages import ber, kerberos_names, ntlm
from quivive.model.errors import Malformed
from quivive.model.tables import ANOMALIES

TABLES = (ntlm.NTLM, kerberos_names.KERBEROS)
"""Tables that a protocol lists beside its own if it calls `rows`."""

SPNEGO = "1.3.6.1.5.5.2"

MECHANISMS = {
    "1.2.840.113554.1.2.2": "Kerberos",
    "1.2.840.48018.1.2.2": "Kerberos",  # Windows 2000 dropped a bit of the first arc's number
    "1.2.840.113554.1.2.2.3": "Kerberos user-to-user",
    "1.3.6.1.4.1.311.2.2.10": "NTLM",
    "1.3.6.1.4.1.311.2.2.30": "NegoEx",
    "1.3.6.1.5.2.5": "IAKerb",
    SPNEGO: "SPNEGO",
}

STATES = ("accept-completed", "accept-incomplete", "reject", "request-mic")

INITIAL_TOKEN = 0x60
NEG_TOKEN_INIT = 0xA0
NEG_TOKEN_RESP = 0xA1

AP_REQ_TOKEN = b"\x01\x00"
"""Token identifier before an AP-REQ (RFC 4121, 4.1)."""

MAX_MECHANISMS = 16
"""Mechanisms one token offers; seven are known."""


class Token(NamedTuple):
    """What a log-in blob holds.

    mechanism:  name of the mechanism that `token` belongs to, or its dotted OID; empty where the blob does not say
    token:      the mechanism's own message; empty where the blob only negotiates
    offered:    mechanisms the sender could use, best first
    state:      the server's word on the negotiation, empty from the client
    """

    mechanism: str
    token: bytes
    offered: tuple[str, ...] = ()
    state: str = ""


def unwrap(blob: bytes) -> Token:
    """Return the inner token of a log-in blob, however it is wrapped."""
    if blob.startswith(ntlm.SIGNATURE):
        return Token("NTLM", blob)
    tag, start, stop = ber.read_tlv(blob, 0, len(blob))
    if tag == INITIAL_TOKEN:
        name_start, name_stop = ber.expect(blob, start, stop, ber.OBJECT_IDENTIFIER)
        mechanism = _name(blob[name_start:name_stop])
        if mechanism != "SPNEGO":
            return Token(mechanism, blob[name_stop:stop])
        tag, start, stop = ber.read_tlv(blob, name_stop, stop)
    if tag == NEG_TOKEN_INIT:
        return _read_init(blob, start, stop)
    if tag == NEG_TOKEN_RESP:
        return _read_response(blob, start, stop)
    if tag == kerberos_names.AP_REQ:
        return Token("Kerberos", AP_REQ_TOKEN + blob)
    raise Malformed("no log-in token", 0)


def _read_init(blob: bytes, start: int, stop: int) -> Token:
    fields = ber.by_tag(blob, *ber.expect(blob, start, stop, ber.SEQUENCE))
    offered: tuple[str, ...] = ()
    if 0xA0 in fields:
        oids = ber.children(blob, *ber.expect(blob, *fields[0xA0], ber.SEQUENCE), limit=MAX_MECHANISMS)
        offered = tuple(_name(blob[inner:end]) for _, inner, end in oids)
    token = _octets(blob, fields.get(0xA2))
    # The token belongs to the first mechanism offered (RFC 4178, 4.2.1).
    return _inner(offered[0] if offered else "", token, offered, "")


def _read_response(blob: bytes, start: int, stop: int) -> Token:
    fields = ber.by_tag(blob, *ber.expect(blob, start, stop, ber.SEQUENCE))
    state = ""
    if 0xA0 in fields:
        inner, end = ber.expect(blob, *fields[0xA0], ber.ENUMERATED)
        number = ber.read_integer(blob[inner:end])
        state = STATES[number] if 0 <= number < len(STATES) else str(number)
    mechanism = ""
    if 0xA1 in fields:
        inner, end = ber.expect(blob, *fields[0xA1], ber.OBJECT_IDENTIFIER)
        mechanism = _name(blob[inner:end])
    return _inner(mechanism, _octets(blob, fields.get(0xA2)), (), state)


def _inner(mechanism: str, token: bytes, offered: tuple[str, ...], state: str) -> Token:
    if token.startswith(ntlm.SIGNATURE):
        return Token("NTLM", token, offered, state)
    if token[:1] == b"\x60":
        _, start, stop = ber.read_tlv(token, 0, len(token))
        name_start, name_stop = ber.expect(token, start, stop, ber.OBJECT_IDENTIFIER)
        return Token(_name(token[name_start:name_stop]), token[name_stop:stop], offered, state)
    return Token(mechanism, token, offered, state)


def _octets(blob: bytes, span: tuple[int, int] | None) -> bytes:
    if span is None:
        return b""
    start, stop = ber.expect(blob, *span, ber.OCTET_STRING)
    return blob[start:stop]


def _name(oid: bytes) -> str:
    dotted = ber.read_oid(oid)
    return MECHANISMS.get(dotted, dotted)


def rows(blob: bytes, protocol: str, addr: str | None = None) -> Iterator[Row]:
    """Yield what a log-in blob inside `protocol` tells: NTLM, Kerberos and identity rows.

    A blob that is broken is an anomaly, no end of the flow: the protocol around it may well be sound.
    addr: where the client speaks from
    """
    try:
        token = unwrap(blob)
        if token.mechanism == "NTLM" and token.token:
            yield from ntlm.rows(token.token, protocol, addr)
        elif token.mechanism.startswith("Kerberos") and token.token.startswith(AP_REQ_TOKEN):
            yield from kerberos_names.ap_req_rows(token.token[2:], protocol)
    except Malformed as error:
        yield ANOMALIES, {"place": protocol, "anomaly": "log-in token is malformed", "detail": str(error)}
