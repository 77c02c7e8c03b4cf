"""Kerberos messages (RFC 4120), their encrypted parts noise; and the GSS-API token that carries a ticket (RFC 4121)."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from quivive.demo.clock import stamp
from quivive.demo.der import GENERALIZED_TIME, application, bits, context, integer, octets, oid, sequence, text, wrap
from quivive.demo.names import REALM, Host
from quivive.demo.tape import Tape

PORT = 88
PVNO = 5
AS_REQ, AS_REP, TGS_REQ, TGS_REP, AP_REQ, KRB_ERROR = 10, 11, 12, 13, 14, 30
PRINCIPAL, SERVICE = 1, 2
AES256, AES128, RC4 = 18, 17, 23
PA_TGS_REQ, PA_ENC_TIMESTAMP, PA_ETYPE_INFO2, PA_PAC_REQUEST = 1, 2, 19, 128
PREAUTH_REQUIRED = 25
GSS_KERBEROS = "1.2.840.113554.1.2.2"


def log_on(tape: Tape, host: Host, centre: Host, user: str, at_ns: int) -> None:
    """Get a ticket for a user: refused until the user's key is proved, then granted; then one for the file server."""
    rng, server = tape.rng, (centre, PORT)
    now_ns = tape.ask(at_ns, host, server, (_as_req(rng, user, at_ns, b""), _preauth_error(rng, user, at_ns)))
    proof = _padata(PA_ENC_TIMESTAMP, _encrypted(rng, 56))
    now_ns = tape.ask(now_ns, host, server, (_as_req(rng, user, at_ns, proof), _reply(rng, AS_REP, user, 900)))
    carried = _padata(PA_TGS_REQ, _ap_req(rng, f"krbtgt/{REALM}", 900))
    wish = _body(rng, None, "cifs/files1", at_ns)
    asked = application(TGS_REQ, sequence(*_head(TGS_REQ, 1), context(3, sequence(carried)), context(4, wish)))
    tape.ask(now_ns, host, server, (asked, _reply(rng, TGS_REP, user, 700, "cifs/files1")))


def gssapi_token(rng: Random, service: str) -> bytes:
    """Return the first token of a GSS-API dialogue: the mechanism, AP-REQ's mark, and the ticket."""
    return application(0, oid(GSS_KERBEROS), b"\1\0", _ap_req(rng, service, 300))


def _as_req(rng: Random, user: str, at_ns: int, proof: bytes) -> bytes:
    wants = _padata(PA_PAC_REQUEST, sequence(context(0, b"\1\1\xff")))
    body = _body(rng, user, f"krbtgt/{REALM}", at_ns)
    return application(AS_REQ, sequence(*_head(AS_REQ, 1), context(3, sequence(proof + wants)), context(4, body)))


def _body(rng: Random, user: str | None, service: str, at_ns: int) -> bytes:
    client = context(1, _name(PRINCIPAL, user)) if user else b""
    types = sequence(*(integer(kind) for kind in (AES256, AES128, RC4)))
    return sequence(
        context(0, bits(bytes.fromhex("40810010"))),
        client,
        context(2, text(REALM)),
        context(3, _name(SERVICE, service)),
        context(5, _time(stamp(at_ns) + timedelta(hours=10))),
        context(7, integer(rng.getrandbits(31))),
        context(8, types),
    )


def _preauth_error(rng: Random, user: str, at_ns: int) -> bytes:
    hint = sequence(sequence(context(0, integer(AES256)), context(1, text(REALM + user))))
    return application(KRB_ERROR, sequence(
        context(0, integer(PVNO)),
        context(1, integer(KRB_ERROR)),
        context(4, _time(stamp(at_ns))),
        context(5, integer(rng.randrange(1_000_000))),
        context(6, integer(PREAUTH_REQUIRED)),
        context(9, text(REALM)),
        context(10, _name(SERVICE, f"krbtgt/{REALM}")),
        context(12, octets(sequence(_padata(PA_ETYPE_INFO2, hint), _padata(PA_ENC_TIMESTAMP, b"")))),
    ))  # fmt: skip


def _reply(rng: Random, kind: int, user: str, ticket_bytes: int, service: str = f"krbtgt/{REALM}") -> bytes:
    return application(kind, sequence(
        *_head(kind, 0),
        context(3, text(REALM)),
        context(4, _name(PRINCIPAL, user)),
        context(5, _ticket(rng, service, ticket_bytes)),
        context(6, _encrypted(rng, 250)),
    ))  # fmt: skip


def _ap_req(rng: Random, service: str, ticket_bytes: int) -> bytes:
    return application(AP_REQ, sequence(
        *_head(AP_REQ, 0),
        context(2, bits(bytes.fromhex("20000000"))),
        context(3, _ticket(rng, service, ticket_bytes)),
        context(4, _encrypted(rng, 150)),
    ))  # fmt: skip


def _ticket(rng: Random, service: str, size: int) -> bytes:
    parts = (integer(PVNO), text(REALM), _name(SERVICE, service), _encrypted(rng, size))
    return application(1, sequence(*(context(number, part) for number, part in enumerate(parts))))


def _head(kind: int, first: int) -> tuple[bytes, bytes]:
    """Return version and message type, which some messages count from 0 and some from 1."""
    return context(first, integer(PVNO)), context(first + 1, integer(kind))


def _encrypted(rng: Random, size: int) -> bytes:
    return sequence(context(0, integer(AES256)), context(2, octets(rng.randbytes(size))))


def _padata(kind: int, value: bytes) -> bytes:
    return sequence(context(1, integer(kind)), context(2, octets(value)))


def _name(kind: int, principal: str) -> bytes:
    parts = sequence(*(text(part) for part in principal.split("/")))
    return sequence(context(0, integer(kind)), context(1, parts))


def _time(moment: datetime) -> bytes:
    return wrap(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())
