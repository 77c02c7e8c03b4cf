"""Names in Kerberos messages: principals, tickets, encryption types (RFC 4120), for all that carry tickets."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.protocol import Row
from quivive.messages import ber
from quivive.model.errors import Malformed
from quivive.model.fields import DOMAIN, STAMP, USER
from quivive.model.schema import Field, Table
from quivive.model.tables import PROTOCOL

KERBEROS = Table(
    "kerberos",
    "Kerberos messages: who asked for a ticket to which service, and tickets shown to a service.",
    (
        *STAMP,
        PROTOCOL,
        Field("kerberos_message", "text", "Kind of message: AS-REQ, AS-REP, TGS-REQ, TGS-REP, AP-REQ, KRB-ERROR ..."),
        USER,
        DOMAIN,
        Field("kerberos_service", "text", "Principal of the service the ticket is for."),
        Field("kerberos_service_realm", "text", "Realm of the service, where a ticket names it."),
        Field("kerberos_for_user", "text", "User on whose behalf a service asks (S4U2self).", personal="person"),
        Field("kerberos_error", "text", "Name of the error the server answered."),
        Field("kerberos_error_text", "text", "What the server adds to the error in words."),
        Field("kerberos_etypes", "texts", "Encryption types the client asked for, best first."),
        Field("kerberos_etype", "text", "Encryption type of the ticket."),
        Field("kerberos_reply_etype", "text", "Encryption type of the reply's own part, under the client's key."),
        Field("kerberos_options", "texts", "Flags set in the request."),
        Field("kerberos_padata", "texts", "Kinds of pre-authentication data in the message."),
        Field("kerberos_from", "text", "Wished start of the ticket's life (UTC)."),
        Field("kerberos_till", "text", "Wished end of the ticket's life (UTC)."),
        Field("kerberos_rtime", "text", "Wished end of the time in which the ticket can be renewed (UTC)."),
        Field(
            "kerberos_addresses", "texts", "Addresses or NetBIOS names the ticket is to be good for.", personal="host"
        ),
    ),
)

MAX_NAME_PARTS = 8
"""Components of one principal name: host principals have two, three-part service names are the longest in use."""

ETYPES = {
    1: "des-cbc-crc",
    2: "des-cbc-md4",
    3: "des-cbc-md5",
    5: "des3-cbc-md5",
    7: "des3-cbc-sha1",
    16: "des3-cbc-sha1-kd",
    17: "aes128-cts-hmac-sha1-96",
    18: "aes256-cts-hmac-sha1-96",
    19: "aes128-cts-hmac-sha256-128",
    20: "aes256-cts-hmac-sha384-192",
    23: "rc4-hmac",
    24: "rc4-hmac-exp",
    25: "camellia128-cts-cmac",
    26: "camellia256-cts-cmac",
    -128: "rc4-md4",
    -133: "rc4-hmac-old",
    -135: "rc4-hmac-old-exp",
}
"""IANA Kerberos encryption type numbers, and Microsoft's own below zero."""

AP_REQ = 0x6E
TICKET = 0x61


def etype_name(number: int) -> str:
    """Return the name of an encryption type, or its number."""
    return ETYPES.get(number, f"etype-{number}")


def integer(payload: bytes, span: tuple[int, int]) -> int:
    """Return the INTEGER that a context tag wraps."""
    start, stop = ber.expect(payload, *span, ber.INTEGER)
    return ber.read_integer(payload[start:stop])


def text(payload: bytes, span: tuple[int, int]) -> str:
    """Return the string that a context tag wraps; KerberosString is ASCII, in practice UTF-8."""
    _, start, stop = ber.read_tlv(payload, *span)
    return ber.read_text(payload[start:stop])


def sequence(payload: bytes, span: tuple[int, int]) -> dict[int, tuple[int, int]]:
    """Return where the fields of the SEQUENCE in `span` lie, by context tag."""
    return ber.by_tag(payload, *ber.expect(payload, *span, ber.SEQUENCE))


def principal(payload: bytes, span: tuple[int, int]) -> str:
    """Return a PrincipalName as people write it, its parts joined by a slash (RFC 4120, 5.2.2)."""
    parts = sequence(payload, span).get(0xA1)
    if parts is None:
        raise Malformed("principal has no name", span[0])
    start, stop = ber.expect(payload, *parts, ber.SEQUENCE)
    return "/".join(
        ber.read_text(payload[inner:end]) for _, inner, end in ber.children(payload, start, stop, limit=MAX_NAME_PARTS)
    )


def encryption_type(payload: bytes, span: tuple[int, int]) -> str | None:
    """Return the type of an EncryptedData; what it hides is left alone."""
    fields = sequence(payload, span)
    return etype_name(integer(payload, fields[0xA0])) if 0xA0 in fields else None


def read_ticket(payload: bytes, span: tuple[int, int]) -> dict[str, object]:
    """Return what a Ticket shows in clear: the service, its realm and the encryption (RFC 4120, 5.3)."""
    fields = sequence(payload, ber.expect(payload, *span, TICKET))
    shown: dict[str, object] = {}
    if 0xA1 in fields:
        shown["kerberos_service_realm"] = text(payload, fields[0xA1])
    if 0xA2 in fields:
        shown["kerberos_service"] = principal(payload, fields[0xA2])
    if 0xA3 in fields:
        shown["kerberos_etype"] = encryption_type(payload, fields[0xA3])
    return shown


def read_ap_req(payload: bytes, span: tuple[int, int]) -> dict[str, object]:
    """Return what an AP-REQ shows in clear, which is its ticket (RFC 4120, 5.5.1)."""
    fields = sequence(payload, ber.expect(payload, *span, AP_REQ))
    return read_ticket(payload, fields[0xA3]) if 0xA3 in fields else {}


def ap_req_rows(token: bytes, protocol: str) -> Iterator[Row]:
    """Yield the row of an AP-REQ that a client shows to a service inside another protocol."""
    shown = read_ap_req(token, (0, len(token)))
    yield KERBEROS, {"protocol": protocol, "kerberos_message": "AP-REQ", **shown}


def kind_of(name: str) -> str:
    """Return what a principal denotes: a user, a machine or a service."""
    if name.endswith("$") or name.startswith("host/"):
        return "machine"
    return "service" if "/" in name else "user"
