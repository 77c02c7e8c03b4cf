"""Kerberos between clients and their key distribution centre (RFC 4120), over UDP and TCP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages import ber
from quivive.messages.kerberos_names import (
    KERBEROS,
    encryption_type,
    etype_name,
    integer,
    kind_of,
    principal,
    read_ap_req,
    read_ticket,
    sequence,
    text,
)
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, Side
from quivive.model.tables import IDENTITIES

AS_REQ, AS_REP, TGS_REQ, TGS_REP, AP_REQ, AP_REP, KRB_ERROR = 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x7E
MESSAGES = {
    AS_REQ: "AS-REQ",
    AS_REP: "AS-REP",
    TGS_REQ: "TGS-REQ",
    TGS_REP: "TGS-REP",
    AP_REQ: "AP-REQ",
    AP_REP: "AP-REP",
    0x74: "KRB-SAFE",
    0x75: "KRB-PRIV",
    0x76: "KRB-CRED",
    KRB_ERROR: "KRB-ERROR",
}

MAX_MESSAGE_BYTES = 1 << 18
"""Windows refuses tickets above 64 KB; an evidence ticket of the same size may come with it."""

MAX_ITEMS = 32
"""Encryption types, addresses or pre-authentication items of one message; clients send about ten."""

PADATA = {
    1: "PA-TGS-REQ",
    2: "PA-ENC-TIMESTAMP",
    3: "PA-PW-SALT",
    11: "PA-ETYPE-INFO",
    14: "PA-PK-AS-REQ_OLD",
    15: "PA-PK-AS-REP_OLD",
    16: "PA-PK-AS-REQ",
    17: "PA-PK-AS-REP",
    19: "PA-ETYPE-INFO2",
    128: "PA-PAC-REQUEST",
    129: "PA-FOR-USER",
    130: "PA-S4U-X509-USER",
    132: "PA-AS-CHECKSUM",
    133: "PA-FX-COOKIE",
    136: "PA-FX-FAST",
    137: "PA-FX-ERROR",
    138: "PA-ENCRYPTED-CHALLENGE",
    147: "PA-PKINIT-KX",
    149: "PA-REQ-ENC-PA-REP",
    150: "PA-AS-FRESHNESS",
    161: "KERB-KEY-LIST-REQ",
    165: "PA-SUPPORTED-ENCTYPES",
    167: "PA-PAC-OPTIONS",
}
"""IANA pre-authentication data types and Microsoft's ([MS-KILE] 2.2)."""

FOR_USER = 129

OPTIONS = {
    1: "forwardable",
    2: "forwarded",
    3: "proxiable",
    4: "proxy",
    5: "allow-postdate",
    6: "postdated",
    8: "renewable",
    14: "cname-in-addl-tkt",
    15: "canonicalize",
    16: "request-anonymous",
    26: "disable-transited-check",
    27: "renewable-ok",
    28: "enc-tkt-in-skey",
    30: "renew",
    31: "validate",
}
"""Bits of KDCOptions (RFC 4120, 5.4.1; [MS-SFU] 2.2.3)."""

ERRORS = {
    0: "KDC_ERR_NONE",
    1: "KDC_ERR_NAME_EXP",
    2: "KDC_ERR_SERVICE_EXP",
    3: "KDC_ERR_BAD_PVNO",
    4: "KDC_ERR_C_OLD_MAST_KVNO",
    5: "KDC_ERR_S_OLD_MAST_KVNO",
    6: "KDC_ERR_C_PRINCIPAL_UNKNOWN",
    7: "KDC_ERR_S_PRINCIPAL_UNKNOWN",
    8: "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
    9: "KDC_ERR_NULL_KEY",
    10: "KDC_ERR_CANNOT_POSTDATE",
    11: "KDC_ERR_NEVER_VALID",
    12: "KDC_ERR_POLICY",
    13: "KDC_ERR_BADOPTION",
    14: "KDC_ERR_ETYPE_NOSUPP",
    15: "KDC_ERR_SUMTYPE_NOSUPP",
    16: "KDC_ERR_PADATA_TYPE_NOSUPP",
    17: "KDC_ERR_TRTYPE_NOSUPP",
    18: "KDC_ERR_CLIENT_REVOKED",
    19: "KDC_ERR_SERVICE_REVOKED",
    20: "KDC_ERR_TGT_REVOKED",
    21: "KDC_ERR_CLIENT_NOTYET",
    22: "KDC_ERR_SERVICE_NOTYET",
    23: "KDC_ERR_KEY_EXPIRED",
    24: "KDC_ERR_PREAUTH_FAILED",
    25: "KDC_ERR_PREAUTH_REQUIRED",
    26: "KDC_ERR_SERVER_NOMATCH",
    27: "KDC_ERR_MUST_USE_USER2USER",
    28: "KDC_ERR_PATH_NOT_ACCEPTED",
    29: "KDC_ERR_SVC_UNAVAILABLE",
    31: "KRB_AP_ERR_BAD_INTEGRITY",
    32: "KRB_AP_ERR_TKT_EXPIRED",
    33: "KRB_AP_ERR_TKT_NYV",
    34: "KRB_AP_ERR_REPEAT",
    35: "KRB_AP_ERR_NOT_US",
    36: "KRB_AP_ERR_BADMATCH",
    37: "KRB_AP_ERR_SKEW",
    38: "KRB_AP_ERR_BADADDR",
    39: "KRB_AP_ERR_BADVERSION",
    40: "KRB_AP_ERR_MSG_TYPE",
    41: "KRB_AP_ERR_MODIFIED",
    42: "KRB_AP_ERR_BADORDER",
    44: "KRB_AP_ERR_BADKEYVER",
    45: "KRB_AP_ERR_NOKEY",
    46: "KRB_AP_ERR_MUT_FAIL",
    47: "KRB_AP_ERR_BADDIRECTION",
    48: "KRB_AP_ERR_METHOD",
    49: "KRB_AP_ERR_BADSEQ",
    50: "KRB_AP_ERR_INAPP_CKSUM",
    51: "KRB_AP_PATH_NOT_ACCEPTED",
    52: "KRB_ERR_RESPONSE_TOO_BIG",
    60: "KRB_ERR_GENERIC",
    61: "KRB_ERR_FIELD_TOOLONG",
    62: "KDC_ERR_CLIENT_NOT_TRUSTED",
    63: "KDC_ERR_KDC_NOT_TRUSTED",
    64: "KDC_ERR_INVALID_SIG",
    65: "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED",
    66: "KDC_ERR_CERTIFICATE_MISMATCH",
    67: "KRB_AP_ERR_NO_TGT",
    68: "KDC_ERR_WRONG_REALM",
    69: "KRB_AP_ERR_USER_TO_USER_REQUIRED",
    70: "KDC_ERR_CANT_VERIFY_CERTIFICATE",
    71: "KDC_ERR_INVALID_CERTIFICATE",
    72: "KDC_ERR_REVOKED_CERTIFICATE",
    73: "KDC_ERR_REVOCATION_STATUS_UNKNOWN",
    75: "KDC_ERR_CLIENT_NAME_MISMATCH",
    76: "KDC_ERR_KDC_NAME_MISMATCH",
    90: "KDC_ERR_PREAUTH_EXPIRED",
    91: "KDC_ERR_MORE_PREAUTH_DATA_REQUIRED",
    93: "KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS",
}
"""RFC 4120, 7.5.9; RFC 4556, 3.1.3; RFC 6113."""

KEEPS_THE_CLAIM = (25, 52, 91)
"""Errors that say nothing against the client's name: it is to ask again, with proof or over TCP."""

REQUEST_HEADS = ("{}??30??a103020105", "{}81??3081??a103020105", "{}82????3082????a103020105")
ANSWER_HEADS = ("{}??30??a003020105", "{}81??3081??a003020105", "{}82????3082????a003020105")
HEADS = [head.format(tag) for tag in ("6a", "6c") for head in REQUEST_HEADS]
HEADS += [head.format(tag) for tag in ("6b", "6d", "7e") for head in ANSWER_HEADS]
"""Tag, sequence and version 5, with lengths of one to three octets."""


class Kerberos(Protocol):
    """Kerberos: one row per message."""

    name = "kerberos"
    title = "Kerberos"
    spec = "RFC 4120"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (88,)
    signatures = (*map(Signature, HEADS), *(Signature("0000????" + head) for head in HEADS))
    tables = (KERBEROS,)
    family = "security"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.claimed: dict[str, Any] | None = None
        """The AS-REQ that the centre has not answered yet."""

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A known tag, in a stream behind its length."""
        if payload[:2] == b"\0\0" and len(payload) > 4:
            payload = payload[4:]
        return Match.UNSURE if payload[:1] and payload[0] in MESSAGES else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; in a stream its length stands before it (RFC 4120, 7.2.2)."""
        cursor.need(4)
        if cursor.payload[cursor.at] == 0:
            size = cursor.u32()
            if size > MAX_MESSAGE_BYTES:
                raise cursor.fail("message is too long")
            cursor.need(size)
        else:
            _, _, stop = ber.read_tlv(cursor.payload, cursor.at, cursor.stop, may_grow=not cursor.whole)
            size = stop - cursor.at
        at = cursor.at
        cursor.take(size)
        yield from self._read(cursor.payload, at, cursor.at)

    def _read(self, payload: bytes, at: int, stop: int) -> Iterator[Row]:
        tag, start, stop = ber.read_tlv(payload, at, stop)
        if tag not in MESSAGES:
            raise Malformed("no Kerberos message", at)
        row: dict[str, Any] = {"protocol": "kerberos", "kerberos_message": MESSAGES[tag]}
        reader = READERS.get(tag)
        if reader is not None:
            row |= reader(payload, (start, stop))
        elif tag == AP_REQ:
            row |= read_ap_req(payload, (at, stop))
        if tag in (AS_REP, TGS_REP):
            yield self._identity(row, MESSAGES[tag])
        self._weigh(tag, row)
        row.pop("error_code", None)
        yield KERBEROS, row

    def _weigh(self, tag: int, row: dict[str, Any]) -> None:
        """Remember who asked for a ticket, until the centre has said whether it believes the name."""
        if tag == AS_REQ:
            self.claimed = row if row.get("user") else None
        elif tag == AS_REP or (tag == KRB_ERROR and row["error_code"] not in KEEPS_THE_CLAIM):
            self.claimed = None

    def _identity(self, row: dict[str, Any], evidence: str) -> Row:
        name = row.get("user", "")
        return IDENTITIES, {
            "protocol": "kerberos",
            "user": name,
            "domain": row.get("domain"),
            "identity_kind": kind_of(name),
            "identity_addr": self.flow.five_tuple.orig_addr or None,
            "identity_evidence": evidence,
        }

    def close(self) -> Iterator[Row]:
        """Yield the name of a client whose request got no answer that was captured."""
        if self.claimed is not None:
            yield self._identity(self.claimed, "AS-REQ")


def _read_request(payload: bytes, span: tuple[int, int]) -> dict[str, Any]:
    """Read a KDC-REQ (RFC 4120, 5.4.1)."""
    fields = sequence(payload, span)
    row: dict[str, Any] = {}
    if 0xA3 in fields:
        row |= _read_padata(payload, fields[0xA3])
    if 0xA4 not in fields:
        return row
    body = sequence(payload, fields[0xA4])
    for tag, (name, read) in BODY.items():
        if tag in body:
            row[name] = read(payload, body[tag])
    return row


def _read_reply(payload: bytes, span: tuple[int, int]) -> dict[str, Any]:
    """Read a KDC-REP (RFC 4120, 5.4.2)."""
    fields = sequence(payload, span)
    row: dict[str, Any] = {}
    if 0xA2 in fields:
        row |= _read_padata(payload, fields[0xA2])
    if 0xA3 in fields:
        row["domain"] = text(payload, fields[0xA3])
    if 0xA4 in fields:
        row["user"] = principal(payload, fields[0xA4])
    if 0xA5 in fields:
        row |= read_ticket(payload, fields[0xA5])
    if 0xA6 in fields:
        row["kerberos_reply_etype"] = encryption_type(payload, fields[0xA6])
    return row


def _read_error(payload: bytes, span: tuple[int, int]) -> dict[str, Any]:
    """Read a KRB-ERROR (RFC 4120, 5.9.1)."""
    fields = sequence(payload, span)
    code = integer(payload, fields[0xA6]) if 0xA6 in fields else -1
    row: dict[str, Any] = {"error_code": code, "kerberos_error": ERRORS.get(code, f"error {code}")}
    for tag, (name, read) in ERROR.items():
        if tag in fields:
            row[name] = read(payload, fields[tag])
    return row


def _read_padata(payload: bytes, span: tuple[int, int]) -> dict[str, Any]:
    """Read which proofs come with a message, and for whom a service asks; the proofs themselves are left alone."""
    row: dict[str, Any] = {"kerberos_padata": []}
    start, stop = ber.expect(payload, *span, ber.SEQUENCE)
    for _, inner, end in ber.children(payload, start, stop, limit=MAX_ITEMS):
        item = ber.by_tag(payload, inner, end)
        if 0xA1 not in item:
            continue
        kind = integer(payload, item[0xA1])
        row["kerberos_padata"].append(PADATA.get(kind, f"PA-{kind}"))
        if kind == FOR_USER and 0xA2 in item:
            names = sequence(payload, ber.expect(payload, *item[0xA2], ber.OCTET_STRING))
            row["kerberos_for_user"] = principal(payload, names[0xA0]) if 0xA0 in names else None
    return row


def _options(payload: bytes, span: tuple[int, int]) -> list[str]:
    start, stop = ber.expect(payload, *span, ber.BIT_STRING)
    bits = int.from_bytes(payload[start + 1 : min(start + 5, stop)], "big")
    return [name for bit, name in OPTIONS.items() if bits >> (31 - bit) & 1]


def _time(payload: bytes, span: tuple[int, int]) -> str:
    """Return a KerberosTime as ISO 8601 writes it; one of another form stays as sent."""
    sent = text(payload, span)
    if len(sent) == 15 and sent[:14].isdigit():
        return f"{sent[:4]}-{sent[4:6]}-{sent[6:8]}T{sent[8:10]}:{sent[10:12]}:{sent[12:14]}Z"
    return sent


def _etypes(payload: bytes, span: tuple[int, int]) -> list[str]:
    start, stop = ber.expect(payload, *span, ber.SEQUENCE)
    numbers = ber.children(payload, start, stop, limit=MAX_ITEMS)
    return [etype_name(ber.read_integer(payload[inner:end])) for _, inner, end in numbers]


def _addresses(payload: bytes, span: tuple[int, int]) -> list[str]:
    """Return host addresses as text: IP addresses and NetBIOS names (RFC 4120, 7.5.3)."""
    start, stop = ber.expect(payload, *span, ber.SEQUENCE)
    found = []
    for _, inner, end in ber.children(payload, start, stop, limit=MAX_ITEMS):
        item = ber.by_tag(payload, inner, end)
        if 0xA1 in item:
            at, at_end = ber.expect(payload, *item[0xA1], ber.OCTET_STRING)
            address = payload[at:at_end]
            is_ip = len(address) == 4 or (len(address) == 16 and 0xA0 in item and integer(payload, item[0xA0]) == 24)
            found.append(str(ip_address(address)) if is_ip else ber.read_text(address).strip())
    return found


Reader = Callable[[bytes, tuple[int, int]], Any]

BODY: dict[int, tuple[str, Reader]] = {
    0xA0: ("kerberos_options", _options),
    0xA1: ("user", principal),
    0xA2: ("domain", text),
    0xA3: ("kerberos_service", principal),
    0xA4: ("kerberos_from", _time),
    0xA5: ("kerberos_till", _time),
    0xA6: ("kerberos_rtime", _time),
    0xA8: ("kerberos_etypes", _etypes),
    0xA9: ("kerberos_addresses", _addresses),
}
ERROR: dict[int, tuple[str, Reader]] = {
    0xA8: ("user", principal),
    0xA9: ("domain", text),
    0xAA: ("kerberos_service", principal),
    0xAB: ("kerberos_error_text", text),
}
READERS = {
    AS_REQ: _read_request,
    TGS_REQ: _read_request,
    AS_REP: _read_reply,
    TGS_REP: _read_reply,
    KRB_ERROR: _read_error,
}
