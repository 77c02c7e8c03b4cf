"""STUN and TURN (RFC 8489, RFC 8656, and RFC 3489 before them): a row per message that finds a way through a NAT."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.wire_text import ipv4_text, ipv6_text, plain
from quivive.model.fields import DOMAIN, IS_ORIG, STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

COOKIE = bytes.fromhex("2112a442")
HEAD_BYTES = 20
MAX_ATTRIBUTES = 32
"""A message of a call bears about ten."""

MAX_FOREIGN = 64
"""Datagrams that are no STUN after which the side is left alone: media and relayed data share the port (RFC 7983)."""

METHODS = {
    1: "binding", 2: "shared secret", 3: "allocate", 4: "refresh", 6: "send", 7: "data", 8: "create permission",
    9: "channel bind", 10: "connect", 11: "connection bind", 12: "connection attempt",
}  # fmt: skip
CLASSES = ("request", "indication", "success", "error")
ADDRESSES = {
    0x0001: "stun_mapped_addr", 0x0012: "stun_peer_addr", 0x0016: "stun_relayed_addr", 0x0020: "stun_mapped_addr",
}  # fmt: skip
XORED = (0x0012, 0x0016, 0x0020)
TEXTS = {0x0006: "user", 0x0014: "domain", 0x8022: "stun_software"}
ERROR_CODE = 0x0009
KNOWN = {*ADDRESSES, *TEXTS, ERROR_CODE, 2, 3, 4, 5, 8, 0xA, 0xC, 0xD, 0x13, 0x15, 0x19, 0x1A, 0x22, 0x24, 0x25}
KNOWN |= {0x8020, 0x8023, 0x8028, 0x8029, 0x802A, 0x802B, 0x802C}
RTP_FIRST, RTP_LAST = 128, 191
"""First bytes that tell media from STUN on the same port (RFC 7983, 7)."""

STUN = Table("stun", "How two ends found a way through NATs: one row per STUN or TURN message.", (
    *STAMP,
    IS_ORIG,
    Field("stun_message", "text", "Method and class, such as binding request or allocate success."),
    Field("stun_transaction", "text", "Transaction that ties answer to request, in hexadecimal."),
    USER,
    DOMAIN,
    Field("stun_software", "text", "Software that sent it, as it says."),
    Field("stun_mapped_addr", "text", "Address and port of the asker as the server sees them.", personal="host"),
    Field("stun_relayed_addr", "text", "Address and port that a relay lends."),
    Field("stun_peer_addr", "text", "Address and port that a relay is to send to or has received from."),
    Field("stun_error_code", "int32", "Number of the error."),
    Field("stun_error_text", "text", "The error in words."),
    Field("is_classic_stun", "bool", "Whether it lacks the cookie of RFC 5389 and later."),
))  # fmt: skip


class Stun(Protocol):
    """STUN over UDP, TCP, and framed as RFC 4571 frames."""

    name = "stun"
    title = "Session Traversal Utilities for NAT"
    spec = "RFC 8489"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (3478, 3479, 19302)
    signatures = (
        Signature("0???????2112a442", minimum=HEAD_BYTES),
        Signature("00??0???????2112a442", minimum=HEAD_BYTES + 2),
        *(Signature(f"{kind}0???", minimum=HEAD_BYTES) for kind in ("0001", "0101", "0111", "0002", "0102", "0003")),
    )
    tables = (STUN,)
    family = "voice"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.n_foreign = [0, 0]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A message without a cookie, of just the length it says, whose attributes are known."""
        if len(payload) < HEAD_BYTES or len(payload) != HEAD_BYTES + _u16(payload, 2) or len(payload) % 4:
            return Match.NO
        kinds = [kind for kind, _ in attributes(payload)]
        if not kinds:
            return Match.UNSURE if len(payload) == HEAD_BYTES else Match.NO
        return Match.YES if set(kinds) <= KNOWN else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; of what shares the port, media is handed over and the rest left out."""
        start = cursor.peek(10)
        if start[6:10] == COOKIE and start[4:8] != COOKIE:
            cursor.take(2)
            start = start[2:]
        if start[:1] > b"\x3f":
            return self._foreign(cursor, side)
        head = cursor.take(HEAD_BYTES)
        payload = head + cursor.take(_u16(head, 2))
        if cursor.whole:
            cursor.rest()
        return iter([(STUN, _fields(payload) | {"is_orig": side == Side.ORIGINATOR})])

    def _foreign(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Leave out data of a channel (RFC 8656, 12.4) or what is not STUN at all."""
        first = cursor.peek(1)[0]
        if cursor.whole and RTP_FIRST <= first <= RTP_LAST:
            cursor.hand_over("rtp")
            return iter(())
        if cursor.whole:
            cursor.rest()
        else:
            size = _u16(cursor.take(4), 2)
            cursor.skip((size + 3) & ~3)
        self.n_foreign[side] += 1
        if self.n_foreign[side] >= MAX_FOREIGN:
            cursor.done()
        return iter(())


def _u16(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + 2], "big")


def attributes(payload: bytes) -> list[tuple[int, bytes]]:
    """Return number and value of each attribute; none where one does not fit."""
    found: list[tuple[int, bytes]] = []
    at = HEAD_BYTES
    while at + 4 <= len(payload) and len(found) < MAX_ATTRIBUTES:
        size = _u16(payload, at + 2)
        if at + 4 + size > len(payload):
            return []
        found.append((_u16(payload, at), payload[at + 4 : at + 4 + size]))
        at += 4 + (size + 3 & ~3)
    return found


def _fields(payload: bytes) -> dict[str, Any]:
    kind = _u16(payload, 0)
    method = (kind & 0x000F) | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2
    which = (kind & 0x0010) >> 4 | (kind & 0x0100) >> 7
    is_classic = payload[4:8] != COOKIE
    row: dict[str, Any] = {
        "stun_message": f"{METHODS.get(method, f'method {method}')} {CLASSES[which]}",
        "stun_transaction": payload[4 if is_classic else 8 : HEAD_BYTES].hex(),
        "is_classic_stun": is_classic,
    }
    for number, value in attributes(payload):
        if number in TEXTS:
            row[TEXTS[number]] = plain(value.rstrip(b"\0"))
        elif number in ADDRESSES:
            row.setdefault(ADDRESSES[number], _address(value, payload[4:HEAD_BYTES] if number in XORED else bytes(16)))
        elif number == ERROR_CODE and len(value) >= 4:
            row["stun_error_code"] = (value[2] & 7) * 100 + value[3]
            row["stun_error_text"] = plain(value[4:].rstrip(b"\0"))
    return row


def _address(value: bytes, mask: bytes) -> str | None:
    """Return address and port, both read through a mask (RFC 8489, 14.2)."""
    if len(value) not in (8, 20):
        return None
    port = _u16(value, 2) ^ _u16(mask, 0)
    address = bytes(a ^ b for a, b in zip(value[4:], mask, strict=False))
    return f"{ipv4_text(address)}:{port}" if len(value) == 8 else f"[{ipv6_text(address)}]:{port}"
