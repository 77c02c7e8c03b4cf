"""DTLS (RFC 6347, RFC 9147): TLS over datagrams, whose handshake messages come in fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.tls.certificates import CERTIFICATES
from quivive.messages.tls.fields import HANDSHAKE_FIELDS
from quivive.messages.tls.handshake import CLIENT_HELLO, HANDSHAKE_BYTES, Handshake
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Table

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, CONNECTION_ID, ACK = 20, 21, 22, 25, 26
RECORD_KINDS = range(CHANGE_CIPHER_SPEC, ACK + 1)
SECRET_KINDS = range(0x20, 0x40)
"""First bytes of the encrypted records of DTLS 1.3 (RFC 9147, 4)."""

VERSIONS = (0xFEFF, 0xFEFD, 0x0100)
"""Of records: DTLS 1.0 and 1.2 (1.3 writes 1.2), and the number OpenSSL 0.9.8 and AnyConnect write."""

RECORD = struct.Struct(">BHHHIH")
"""kind, version, epoch, sequence number in 16 and 32 bits, length"""

FRAGMENT = struct.Struct(">B3sH3s3s")
"""kind, message length, message number, offset, fragment length"""

HELD_MESSAGES = 10
"""Unfinished messages kept per side; a flight has at most ten messages."""

HELD_FRAGMENTS = 256
"""Fragments kept of one message; a chain of 64 kB in datagrams of 300 bytes has fewer."""

FATAL, CLOSE_NOTIFY = 2, 0

DTLS = Table(
    "dtls", "DTLS connections, one row each: both hellos and the server's certificate.", (*STAMP, *HANDSHAKE_FIELDS)
)


class Dtls(Protocol):
    """DTLS: a row per connection once both sides are encrypted, and one per certificate."""

    name = "dtls"
    title = "Datagram Transport Layer Security"
    spec = "RFC 9147"
    carriers = (Carrier.UDP,)
    ports = (3391, 4433, 5349, 5684)
    signatures = (
        "14FEFD00", "15FEFD00", "16FEFD00", "17FEFD00", "14FEFF00", "15FEFF00", "16FEFF00", "17FEFF00",
        "1401000000", "1501000000", "1601000000", "1701000001",
    )  # fmt: skip
    tables = (DTLS, CERTIFICATES)
    family = "security"
    is_encrypted = True

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.handshake = Handshake("d")
        self._fragments: tuple[dict[int, dict[int, bytes]], ...] = ({}, {})
        self._is_over = [False, False]
        self._is_written = False
        self._began_ns = 0

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Judge by the first record: its number and length must be possible."""
        if len(payload) < RECORD.size:
            return Match.NO
        kind, version, epoch, high, _, size = RECORD.unpack_from(payload)
        is_record = kind in RECORD_KINDS and version in VERSIONS and RECORD.size + size <= len(payload)
        return Match.YES if is_record and not high and epoch < 16 else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the records of one datagram; what is no DTLS shares the port with it (RFC 7983) and is passed over."""
        first = at = cursor.at
        while at + RECORD.size <= cursor.stop and cursor.payload[at] in RECORD_KINDS and not self._is_over[side]:
            kind, version, epoch, _, _, size = RECORD.unpack_from(cursor.payload, at)
            end = at + RECORD.size + size
            if version not in VERSIONS or end > cursor.stop:
                raise Malformed("record does not fit its datagram", at)
            try:
                yield from self._read_record(kind, epoch, cursor.payload[at + RECORD.size : end], side)
            except Malformed:
                if at == first:
                    raise
                return  # the rows of the records before it stand; it is refused when it comes first
            at = cursor.at = end
            self._began_ns = self._began_ns or cursor.ts_ns
        if at < cursor.stop and cursor.payload[at] in SECRET_KINDS and not self.handshake.is_silent:
            self._end(side)
        cursor.rest()
        if self._is_over[side]:
            cursor.done()
            if all(self._is_over) and not self._is_written:
                yield from self.close()

    def close(self) -> Iterator[Row]:
        """Yield the row, also of a handshake that was not seen to its end."""
        if not self._is_written and not self.handshake.is_silent:
            self._is_written = True
            yield DTLS, self.handshake.row() | {"ts_ns": self._began_ns}

    def _end(self, side: Side) -> None:
        self.handshake.is_heard[side] = self.handshake.is_secret[side] = self._is_over[side] = True

    def _read_record(self, kind: int, epoch: int, body: bytes, side: Side) -> Iterator[Row]:
        shake = self.handshake
        shake.is_heard[side] = True
        if epoch or kind == CONNECTION_ID:
            self._end(side)
        elif kind == HANDSHAKE:
            yield from self._read_fragments(body, side)
        elif kind == ALERT and len(body) == 2:
            shake.alert = body[1]
            self._is_over[side] = body[0] == FATAL or body[1] == CLOSE_NOTIFY
        self._is_over[side] |= shake.is_secret[side]

    def _read_fragments(self, body: bytes, side: Side) -> Iterator[Row]:
        at = 0
        while at + FRAGMENT.size <= len(body):
            kind, *numbers = FRAGMENT.unpack_from(body, at)
            whole_size, offset, size = (int.from_bytes(numbers[k], "big") for k in (0, 2, 3))
            part = body[at + FRAGMENT.size : at + FRAGMENT.size + size]
            if len(part) < size or offset + size > whole_size or whole_size > HANDSHAKE_BYTES:
                raise Malformed("fragment does not fit its message", at)
            at += FRAGMENT.size + size
            message = part if size == whole_size else self._join(side, numbers[1], offset, part, whole_size)
            if message is not None:
                if kind == CLIENT_HELLO:
                    message = _without_cookie(message)
                yield from self.handshake.hear(kind, message, side)
        if at != len(body):
            raise Malformed("fragment is cut short", at)

    def _join(self, side: Side, number: int, offset: int, part: bytes, whole_size: int) -> bytes | None:
        """Keep a fragment; returns the message when none is missing."""
        held = self._fragments[side]
        parts = held.setdefault(number, {})
        if len(held) > HELD_MESSAGES or len(parts) >= HELD_FRAGMENTS:
            raise Malformed("more unfinished handshake messages than can be", 0)
        parts.setdefault(offset, part)
        if sum(map(len, parts.values())) < whole_size:
            return None
        joined = bytearray()
        for start in sorted(parts):
            if start > len(joined):
                return None
            joined += parts[start][len(joined) - start :]
        if len(joined) < whole_size:
            return None
        del held[number]
        return bytes(joined[:whole_size])


def _without_cookie(body: bytes) -> bytes:
    """Return a ClientHello as TLS has it: the cookie stands behind the session (RFC 6347, 4.2.1)."""
    if len(body) < 36 or len(body) <= 35 + body[34]:
        raise Malformed("client hello is cut short", len(body))
    at = 35 + body[34]
    return body[:at] + body[at + 1 + body[at] :]
