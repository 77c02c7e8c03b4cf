"""SOCKS, versions 4, 4A and 5 (RFC 1928, RFC 1929): who asked a relay for which connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.logins import Claim, login_rows
from quivive.messages.replies import text_of
from quivive.messages.wire_text import ipv4_text, ipv6_text
from quivive.model.errors import NeedMoreData
from quivive.model.fields import STAMP, USER, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

NAME_BYTES = 512
"""Longest user or host name of version 4, which ends with a NUL; a domain name has at most 255 bytes."""

COMMANDS = {1: "CONNECT", 2: "BIND", 3: "UDP ASSOCIATE", 0xF0: "RESOLVE", 0xF1: "RESOLVE PTR"}
"""RFC 1928, 4; the last two are Tor's."""

METHODS = {
    **dict(enumerate(("none", "GSSAPI", "user and password", "CHAP"))),
    **dict(enumerate(("CRAM", "TLS", "NDS", "multi-authentication", "JSON"), 5)),
    0xFF: "none acceptable",
}
"""Registered by IANA (socks-methods)."""

NO_AUTHENTICATION, GSSAPI, USER_AND_PASSWORD, NONE_ACCEPTABLE = 0, 1, 2, 0xFF
HIGHEST_METHOD = 9
IPV4, DOMAIN_NAME, IPV6 = 1, 3, 4
BIND = 2
SUCCEEDED, GRANTED = 0, 90

REPLIES_4 = {90: "granted", 91: "rejected", 92: "no identd", 93: "identd disagrees"}
REPLIES_5 = {
    0: "succeeded",
    1: "general failure",
    2: "not allowed",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}

OFFERS = ("050100", "050102", "05020001", "05020002", "0503000102", "040101BB", "04010050")
"""How nearly all clients begin: common offers of version 5, and requests of version 4 for HTTP and HTTPS."""

TABLE = Table(
    "socks",
    "Connections asked of a SOCKS relay, and its answers.",
    (
        *STAMP,
        VERSION,
        USER,
        Field("socks_methods", "texts", "Ways to log in that the client offers."),
        Field("socks_method", "text", "Way to log in that the relay chose."),
        Field("socks_command", "text", "What is asked for: CONNECT, BIND, UDP ASSOCIATE, RESOLVE."),
        Field("request_addr", "text", "Address the relay shall reach."),
        Field("request_name", "text", "Name of the host the relay shall reach, where it resolves it."),
        Field("request_port", "int32", "Port the relay shall reach."),
        Field("socks_reply", "text", "What the relay answered."),
        Field("bound_addr", "text", "Address from which the relay reaches out, or at which it listens."),
        Field("bound_name", "text", "Name of the host at which the relay listens, where it gives one."),
        Field("bound_port", "int32", "Port from which the relay reaches out, or at which it listens."),
        Field("is_reverse", "bool", "Whether the server's end opened the flow."),
    ),
)


class Socks(Protocol):
    """SOCKS: one row per flow; behind a granted request the flow is of whatever it carries."""

    name = "socks"
    title = "SOCKS"
    spec = "RFC 1928"
    carriers = (Carrier.TCP,)
    ports = (1080, 9050, 9150)
    signatures = (
        *OFFERS,
        Signature("0401", minimum=9),
        Signature("0402", minimum=9),
        Signature("05", minimum=3),
    )
    tables = (TABLE,)
    family = "relay"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The first message of a client, of just the length that it says."""
        if payload[:1] == b"\x05" and len(payload) >= 3:
            methods = payload[2:]
            is_whole = len(methods) == payload[1] and len(set(methods)) == len(methods)
            return Match.YES if is_whole and all(m <= HIGHEST_METHOD or 0x80 <= m < 0xFF for m in methods) else Match.NO
        if payload[:2] not in (b"\x04\x01", b"\x04\x02") or len(payload) < 9 or payload[2:4] == b"\x00\x00":
            return Match.NO
        names = payload[8:].split(b"\x00")
        is_named = payload[4:7] == b"\x00\x00\x00" and payload[7] != 0
        is_text = all(name.isascii() and name >= b" " for name in names if name)
        return Match.YES if names[-1] == b"" and len(names) == 2 + is_named and is_text else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._client: Side | None = None
        self._row: dict[str, Any] = {}
        self._is_offer_read = False
        self._method: int | None = None
        self._claim: Claim | None = None
        self._is_requested = False
        self._is_bound = False
        self._has_row = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; which one it is follows from what was said before."""
        if self._client is None:
            # Where a relay behind a firewall calls its client, it may say something of its own first.
            self._client = side if cursor.peek(1) in (b"\x04", b"\x05") else side.other
        if side is self._client:
            self._ask(cursor)
        else:
            yield from self._answer(cursor)

    def missed(self, side: Side, n_bytes: int) -> None:
        """Messages have no marks: what comes behind a gap cannot be told."""
        self._method = NONE_ACCEPTABLE

    def close(self) -> Iterator[Row]:
        """Yield a log-in or a request that was never answered."""
        yield from self._end_log_in(None)
        if self._row and not self._has_row:
            self._has_row = True
            yield TABLE, self._row | {"is_reverse": self._client is Side.RESPONDER}

    # What the client says.

    def _ask(self, cursor: Cursor) -> None:
        if self._method == NONE_ACCEPTABLE or self._has_row:
            cursor.done()
        elif self._is_requested:
            raise NeedMoreData  # what the relay shall pass on waits for its answer
        elif not self._is_offer_read:
            self._read_first(cursor)
        elif self._method == GSSAPI:
            _skip_gssapi(cursor)
        elif cursor.peek(1) == b"\x01" and self._claim is None:
            self._read_log_in(cursor)
        else:
            self._read_request(cursor)

    def _read_first(self, cursor: Cursor) -> None:
        version = cursor.peek(1)
        if version == b"\x04":
            self._read_request_4(cursor)
        elif version == b"\x05":
            cursor.take(1)
            methods = cursor.take(cursor.u8())
            self._row = {"version": "5", "socks_methods": [METHODS.get(method, str(method)) for method in methods]}
        else:
            raise cursor.fail("version is neither 4 nor 5")
        self._is_offer_read = True

    def _read_request_4(self, cursor: Cursor) -> None:
        """Version 4: command, port, address, user; version 4A: a name behind an address that cannot be."""
        cursor.take(1)
        command, port, address = cursor.u8(), cursor.u16(), cursor.take(4)
        user = text_of(cursor.until(b"\x00", NAME_BYTES))
        is_named = address[:3] == b"\x00\x00\x00" and address[3] != 0
        name = cursor.until(b"\x00", NAME_BYTES) if is_named else b""
        self._row = {"version": "4", "user": user or None, "socks_command": COMMANDS.get(command, str(command))}
        if is_named:
            self._row |= {"version": "4A", "request_name": text_of(name)}
        else:
            self._row["request_addr"] = ipv4_text(address)
        self._row["request_port"] = port
        self._is_requested = True

    def _read_log_in(self, cursor: Cursor) -> None:
        """RFC 1929, 2; the password is stepped over."""
        cursor.take(1)
        user = cursor.take(cursor.u8())
        secret_bytes = cursor.u8()
        cursor.take(secret_bytes)
        self._claim = Claim(text_of(user), METHODS[USER_AND_PASSWORD], secret_bytes, "SOCKS log-in")
        self._row["user"] = self._claim.user or None

    def _read_request(self, cursor: Cursor) -> None:
        if cursor.u8() != 5:
            raise cursor.fail("version changes")
        command = cursor.u8()
        cursor.take(1)
        reach = _read_end(cursor, "request")
        self._row |= {"socks_command": COMMANDS.get(command, str(command)), **reach}
        self._is_requested = True

    # What the relay says.

    def _answer(self, cursor: Cursor) -> Iterator[Row]:
        if self._row.get("version", "")[:1] == "4":
            yield from self._read_reply_4(cursor)
        elif not self._is_offer_read:
            cursor.rest()
        elif self._method == NONE_ACCEPTABLE or self._has_row:
            cursor.done()
        elif self._method is None:
            cursor.need(2)
            cursor.take(1)
            self._method = cursor.u8()
            self._row["socks_method"] = METHODS.get(self._method, str(self._method))
        elif self._claim is not None:
            cursor.need(2)
            cursor.take(1)
            yield from self._end_log_in(cursor.u8() == 0)
        elif self._method == GSSAPI and cursor.peek(1) == b"\x01":
            _skip_gssapi(cursor)
        else:
            yield from self._read_reply(cursor)

    def _read_reply_4(self, cursor: Cursor) -> Iterator[Row]:
        cursor.need(8)
        cursor.take(1)
        code, port, address = cursor.u8(), cursor.u16(), cursor.take(4)
        end = {"bound_addr": ipv4_text(address), "bound_port": port} if code == GRANTED else {}
        yield from self._conclude(cursor, REPLIES_4.get(code, str(code)), end, is_granted=code == GRANTED)

    def _read_reply(self, cursor: Cursor) -> Iterator[Row]:
        if cursor.u8() != 5:
            raise cursor.fail("version changes")
        code = cursor.u8()
        cursor.take(1)
        end = _read_end(cursor, "bound")
        is_granted = code == SUCCEEDED
        yield from self._conclude(
            cursor, REPLIES_5.get(code, str(code)), end if is_granted else {}, is_granted=is_granted
        )

    def _conclude(self, cursor: Cursor, reply: str, end: dict[str, Any], *, is_granted: bool) -> Iterator[Row]:
        """Write the row; a relay that binds answers a second time when somebody has come (RFC 1928, 6)."""
        self._row |= {"socks_reply": reply, **({} if self._is_bound else end)}
        if is_granted and self._row.get("socks_command") == COMMANDS[BIND] and not self._is_bound:
            self._is_bound = True
            return
        self._has_row = True
        yield TABLE, self._row | {"is_reverse": self._client is Side.RESPONDER}
        if is_granted:
            cursor.hand_over(None)
        else:
            cursor.done()

    def _end_log_in(self, is_accepted: bool | None) -> Iterator[Row]:
        claim, self._claim = self._claim, None
        if claim:
            ends = self.flow.five_tuple
            addr = ends.resp_addr if self._client is Side.RESPONDER else ends.orig_addr
            yield from login_rows(claim, self.name, is_accepted, addr)


def _skip_gssapi(cursor: Cursor) -> None:
    """Version, kind, size and token (RFC 1961, 3); a refusal has two bytes only."""
    cursor.need(2)
    _, kind = cursor.take(2)
    if kind != NONE_ACCEPTABLE:
        cursor.take(cursor.u16())


def _read_end(cursor: Cursor, whose: str) -> dict[str, Any]:
    """Read address type, address and port (RFC 1928, 5)."""
    kind = cursor.u8()
    end: dict[str, Any] = {}
    if kind == IPV4:
        end[f"{whose}_addr"] = ipv4_text(cursor.take(4))
    elif kind == IPV6:
        end[f"{whose}_addr"] = ipv6_text(cursor.take(16))
    elif kind == DOMAIN_NAME:
        end[f"{whose}_name"] = text_of(cursor.take(cursor.u8()))
    else:
        raise cursor.fail("address type is unknown")
    end[f"{whose}_port"] = cursor.u16()
    return end
