"""LDAP and its form without connections (RFC 4511, [MS-ADTS] 6.3.3): directory requests joined to their results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages import ber, ldap_fields, ntlm, spnego
from quivive.messages.ldap_fields import LDAP, SASL_IN_PROGRESS, SUCCESS, octets
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.tables import CREDENTIALS, IDENTITIES, secret_mask

BIND, BIND_RESPONSE, UNBIND, SEARCH, ENTRY, SEARCH_DONE, REFERENCE = 0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x73
ABANDON, EXTENDED, EXTENDED_RESPONSE, INTERMEDIATE = 0x50, 0x77, 0x78, 0x79

REQUESTS: dict[int, tuple[str, Callable[[bytes, tuple[int, int]], dict[str, Any]]]] = {
    0x66: ("modify", ldap_fields.read_modify),
    0x68: ("add", ldap_fields.read_add),
    0x4A: ("delete", ldap_fields.read_delete),
    0x6C: ("rename", ldap_fields.read_rename),
    0x6E: ("compare", ldap_fields.read_compare),
    EXTENDED: ("extended", ldap_fields.read_extended),
}
RESULTS = {BIND_RESPONSE: "bind", SEARCH_DONE: "search", 0x67: "modify", 0x69: "add", 0x6B: "delete", 0x6D: "rename"}
RESULTS |= {0x6F: "compare", EXTENDED_RESPONSE: "extended"}
OPERATIONS = frozenset((BIND, UNBIND, SEARCH, ENTRY, REFERENCE, ABANDON, INTERMEDIATE, *REQUESTS, *RESULTS))

SIMPLE, SASL = 0x80, 0xA3
SICILY = {0x89: "Sicily discovery", 0x8A: "NTLM", 0x8B: "NTLM"}
"""Log-ins of early Windows systems ([MS-ADTS] 5.1.1.1.3)."""

SASL_CREDENTIALS = 0x87
TOKEN_MECHANISMS = ("GSSAPI", "GSS-SPNEGO", "NTLM")

MAX_WAITING = 256
"""Requests without a result; clients keep a handful under way."""

MAX_NUMBER = (1 << 31) - 1
"""Largest message number (RFC 4511, 4.1.1)."""

HEAD_BYTES = 16
"""What the head of a message takes at most: its length, its number and the operation."""

WRAP_HEAD_BYTES = 16
"""Head of a token that wraps a message, of Kerberos (RFC 4121, 4.2.6.2) as of NTLM ([MS-NLMP] 2.2.2.9)."""

SEALED = 0x02

LENGTHS = ("30??", "3081??", "3082????", "3084????????")
FIRST = ("0201??60", "0201??63", "0202????63", "0201??77", "0201??61", "0201??64", "0202????64", "0201??65")


class Ldap(Protocol):
    """LDAP: one row per request and its result."""

    name = "ldap"
    title = "Lightweight Directory Access Protocol"
    spec = "RFC 4511"
    carriers = (Carrier.TCP, Carrier.UDP)
    ports = (389, 3268)
    signatures = tuple(Signature(length + first) for length in LENGTHS for first in FIRST)
    tables = (LDAP, *spnego.TABLES)
    family = "directory"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.addr = self.flow.five_tuple.orig_addr or None
        self.user: str | None = None
        self.waiting: dict[int, dict[str, Any]] = {}
        self.secrets: dict[int, tuple[str, int]] = {}
        """Method and size of the password of a bind under way, by message number."""
        self.mechanism = ""
        self.may_seal = False
        """Whether what follows may be wrapped by the mechanism of the log-in."""
        self.is_lost = [False, False]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A sequence of a number and an operation that exists."""
        try:
            _, operation, *_ = _read_head(payload, 0, len(payload), may_grow=True)
        except (Malformed, NeedMoreData):
            return Match.NO
        return Match.YES if operation in OPERATIONS else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; entries that a search found are counted and skipped."""
        if self.is_lost[side] and not self._find_message(cursor):
            return
        if self.may_seal and cursor.peek(1) == b"\0":
            yield from self._read_wrapped(cursor)
        else:
            yield from self._read_message(cursor)
        self.is_lost[side] = False

    def _read_wrapped(self, cursor: Cursor) -> Iterator[Row]:
        """Read messages that the log-in's mechanism has signed; of sealed ones nothing can be seen (RFC 4422, 3.7)."""
        cursor.need(4 + WRAP_HEAD_BYTES + 1)
        head = cursor.peek(4 + WRAP_HEAD_BYTES + 1)
        size = int.from_bytes(head[:4], "big")
        signature = _signature_bytes(head[4:], size)
        if signature is None:
            yield self._row({"ldap_operation": "sealed"})
            cursor.rest()
            cursor.done()
            return
        cursor.need(4 + size)
        cursor.take(4)
        message = cursor.part(size)
        message.take(signature[0])
        message.stop -= signature[1]
        for _ in range(LIST_ITEMS):
            if message.left:
                yield from self._read_message(message)

    def _read_message(self, cursor: Cursor) -> Iterator[Row]:
        payload, at = cursor.payload, cursor.at
        number, operation, start, stop = _read_head(payload, at, cursor.stop, may_grow=not cursor.whole)
        if operation not in OPERATIONS:
            raise cursor.fail(f"operation 0x{operation:02x}")
        if operation in (ENTRY, REFERENCE, INTERMEDIATE):
            cursor.at = min(stop, cursor.stop)
            cursor.skip(0 if cursor.whole else stop - cursor.at)
            self._count(number, operation, stop - at)
        else:
            cursor.need(stop - at)
            cursor.at = stop
            yield from self._read(cursor, number, operation, ber.read_tlv(payload, start, stop)[1:])

    def _read(self, cursor: Cursor, number: int, operation: int, span: tuple[int, int]) -> Iterator[Row]:
        payload = cursor.payload
        if operation == BIND:
            yield from self._read_bind(payload, number, span)
        elif operation == SEARCH:
            yield from self._read_search(payload, number, span)
        elif operation in REQUESTS:
            name, read = REQUESTS[operation]
            yield from self._wait(number, {"ldap_operation": name, **read(payload, span)})
        elif operation == UNBIND:
            yield self._row({"ldap_message_id": number, "ldap_operation": "unbind"})
            self.user = None
        elif operation == ABANDON:
            given_up = self.waiting.pop(ber.read_integer(payload[span[0] : span[1]]), None)
            yield self._row((given_up or {"ldap_message_id": number}) | {"ldap_result": "abandoned"})
        else:
            yield from self._answer(cursor, number, operation, span)

    def _row(self, row: dict[str, Any]) -> Row:
        user = row.get("user") or self.user
        return LDAP, {name: value for name, value in (row | {"user": user}).items() if value not in (None, "", [])}

    def _wait(self, number: int, row: dict[str, Any]) -> Iterator[Row]:
        self.waiting[number] = {"ldap_message_id": number, **row}
        if len(self.waiting) > MAX_WAITING:
            yield self._row(self.waiting.pop(next(iter(self.waiting))))

    def _count(self, number: int, operation: int, n_bytes: int) -> None:
        search = self.waiting.get(number)
        if search is not None and operation == ENTRY:
            search["ldap_entries"] = search.get("ldap_entries", 0) + 1
            search["ldap_entries_bytes"] = search.get("ldap_entries_bytes", 0) + n_bytes
        elif search is not None and operation == REFERENCE:
            search["ldap_references"] = search.get("ldap_references", 0) + 1

    def _read_search(self, payload: bytes, number: int, span: tuple[int, int]) -> Iterator[Row]:
        row, asked = ldap_fields.read_search(payload, span)
        yield from self._wait(number, {"ldap_operation": "search", **row})
        # A Windows machine that looks for a domain controller names itself ([MS-ADTS] 6.3.3.2).
        if "netlogon" in (name.lower() for name in row["ldap_attributes"]):
            conditions = {attribute.lower(): value for attribute, value in asked.conditions}
            if conditions.get("host"):
                yield (
                    IDENTITIES,
                    {
                        "protocol": "ldap",
                        "user": conditions.get("user") or None,
                        "domain": conditions.get("dnsdomain") or None,
                        "workstation": conditions["host"],
                        "identity_kind": "machine",
                        "identity_addr": self.addr,
                        "identity_evidence": "search for NETLOGON",
                    },
                )

    def _read_bind(self, payload: bytes, number: int, span: tuple[int, int]) -> Iterator[Row]:
        """Read a BindRequest (4.2)."""
        start, stop = span
        version, at = octets(payload, start, stop)
        name, at = octets(payload, at, stop)
        kind, inner, end = ber.read_tlv(payload, at, stop)
        row: dict[str, Any] = {"ldap_operation": "bind", "version": str(ber.read_integer(version))}
        row["user"] = ber.read_text(name)
        if kind == SIMPLE:
            row["ldap_auth"] = "simple" if name else "anonymous"
            self.secrets[number] = ("simple", end - inner)
        elif kind == SASL:
            row["ldap_auth"] = self.mechanism = ber.read_text(octets(payload, inner, end)[0])
            yield from self._read_sasl(payload, number, (inner, end), row)
        elif kind in SICILY:
            row["ldap_auth"] = SICILY[kind]
            yield from self._read_token(payload[inner:end], row)
        else:
            raise Malformed(f"log-in of kind 0x{kind:02x}", at)
        yield from self._wait(number, row)

    def _read_sasl(self, payload: bytes, number: int, span: tuple[int, int], row: dict[str, Any]) -> Iterator[Row]:
        _, at = octets(payload, *span)
        token = octets(payload, at, span[1])[0] if at < span[1] else b""
        if self.mechanism in TOKEN_MECHANISMS and token:
            yield from self._read_token(token, row)
        elif self.mechanism == "PLAIN" and token.count(b"\0") == 2:
            _, name, secret = token.split(b"\0")
            row["user"] = ber.read_text(name)
            self.secrets[number] = ("PLAIN", len(secret))

    def _read_token(self, token: bytes, row: dict[str, Any]) -> Iterator[Row]:
        for table, told in spnego.rows(token, "ldap", self.addr):
            if table is ntlm.NTLM and told.get("user"):
                row["user"] = told["user"]
            yield table, told

    def _answer(self, cursor: Cursor, number: int, operation: int, span: tuple[int, int]) -> Iterator[Row]:
        payload = cursor.payload
        code, result = ldap_fields.read_result(payload, span)
        row = self.waiting.pop(number, None) or {"ldap_message_id": number, "ldap_operation": RESULTS[operation]}
        if operation == BIND_RESPONSE:
            for tag, start, stop in ber.children(payload, *span):
                if tag == SASL_CREDENTIALS and self.mechanism in TOKEN_MECHANISMS:
                    yield from self._read_challenge(payload[start:stop])
            yield from self._weigh(number, row, code)
        elif operation == EXTENDED_RESPONSE and row.get("ldap_extended") == "StartTLS" and code == SUCCESS:
            cursor.hand_over("tls")
        if row["ldap_operation"] == "search":
            row.setdefault("ldap_entries", 0)
        yield self._row(row | result)

    def _read_challenge(self, token: bytes) -> Iterator[Row]:
        """Read the server's token; the last one of GSSAPI, which offers layers, is none."""
        if token[:1] in (b"\x60", b"\xa0", b"\xa1", b"N"):
            yield from spnego.rows(token, "ldap", self.addr)

    def _weigh(self, number: int, row: dict[str, Any], code: int) -> Iterator[Row]:
        """Say who is logged in, once the server has decided."""
        if code == SASL_IN_PROGRESS:
            return
        user = row.get("user") or None
        method, size = self.secrets.pop(number, ("", 0))
        if user and size:
            yield (
                CREDENTIALS,
                {
                    "protocol": "ldap",
                    "user": user,
                    "login_method": method,
                    "secret_mask": secret_mask(size),
                    "is_accepted": code == SUCCESS,
                },
            )
        if code == SUCCESS:
            self.user = user
            self.may_seal = self.mechanism != ""
            if user and method:
                yield (
                    IDENTITIES,
                    {
                        "protocol": "ldap",
                        "user": user,
                        "identity_kind": "user",
                        "identity_addr": self.addr,
                        "identity_evidence": "BindRequest",
                    },
                )

    def _find_message(self, cursor: Cursor) -> bool:
        """Step over what is left of a message whose beginning was lost; returns whether a message is here."""
        payload, at, stop = cursor.payload, cursor.at, cursor.stop
        found = payload.find(b"\x30", at, stop)
        while 0 <= found < stop - HEAD_BYTES:
            if self.probe(payload[found : found + HEAD_BYTES], Side.ORIGINATOR) == Match.YES:
                cursor.at = found
                return found == at
            found = payload.find(b"\x30", found + 1, stop)
        if not cursor.whole and stop - at <= HEAD_BYTES:
            raise NeedMoreData
        cursor.at = stop if cursor.whole else stop - HEAD_BYTES
        return False

    def missed(self, side: Side, n_bytes: int) -> None:
        """Look for the next message: a gap seldom ends where one begins."""
        self.is_lost[side] = True

    def close(self) -> Iterator[Row]:
        """Yield the requests that got no result; of passwords whose fate is not known too."""
        for number, row in self.waiting.items():
            method, size = self.secrets.pop(number, ("", 0))
            if row.get("user") and size:
                yield (
                    CREDENTIALS,
                    {
                        "protocol": "ldap",
                        "user": row["user"],
                        "login_method": method,
                        "secret_mask": secret_mask(size),
                    },
                )
            yield self._row(row)


def _signature_bytes(head: bytes, size: int) -> tuple[int, int] | None:
    """Return how many bytes of a wrapped message stand before and behind its clear text; None where it is sealed."""
    if head.startswith(b"\x05\x04") and not head[2] & SEALED:
        n_checksum, n_rotated = int.from_bytes(head[4:6], "big"), int.from_bytes(head[6:8], "big")
        if n_rotated == n_checksum:
            return WRAP_HEAD_BYTES + n_checksum, 0
        return (WRAP_HEAD_BYTES, n_checksum) if n_rotated == 0 and WRAP_HEAD_BYTES + n_checksum <= size else None
    # What NTLM has sealed looks like noise, so it seldom begins like a sequence.
    return (WRAP_HEAD_BYTES, 0) if head.startswith(b"\1\0\0\0") and head[-1:] == b"\x30" else None


def _read_head(payload: bytes, at: int, stop: int, *, may_grow: bool) -> tuple[int, int, int, int]:
    """Return a message's number, operation, where that stands, and where the message stops, which may not have come."""
    tag, start, end = ber.read_header(payload, at, stop, may_grow=may_grow)
    if tag != ber.SEQUENCE:
        raise Malformed("no LDAP message", at)
    inner = min(stop, end)
    kind, number_at, number_end = ber.read_tlv(payload, start, inner, may_grow=may_grow and inner < end)
    if kind != ber.INTEGER:
        raise Malformed("LDAP message has no number", start)
    if number_end >= inner:
        if may_grow and inner < end:
            raise NeedMoreData
        raise Malformed("LDAP message has no operation", number_end)
    number = ber.read_integer(payload[number_at:number_end])
    if not 0 <= number <= MAX_NUMBER:
        raise Malformed("LDAP message number is out of range", number_at)
    return number, payload[number_end], number_end, end
