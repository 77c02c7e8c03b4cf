"""TLS over a stream (RFC 8446, RFC 5246), and SSL 2.0 and 3.0 before it: what its handshake says in clear."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature, Streams
from quivive.messages.tls import lane as tls_lane
from quivive.messages.tls import ssl2
from quivive.messages.tls.certificates import CERTIFICATES
from quivive.messages.tls.decrypted import CERTIFICATE, DECRYPTED, Decrypted, older_certificates
from quivive.messages.tls.fields import HANDSHAKE_FIELDS
from quivive.messages.tls.handshake import HANDSHAKE_BYTES, Handshake
from quivive.messages.tls.registry import is_tls13
from quivive.model.columns import Columns
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import UNDECIDED_BYTES
from quivive.model.schema import Table

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
RECORD_KINDS = range(CHANGE_CIPHER_SPEC, HEARTBEAT + 1)
RECORD = struct.Struct(">BHH")
RECORD_BYTES = (1 << 14) + 2048
"""Longest record (RFC 5246, 6.2.3)."""

PROBED_RECORDS = 4
"""Records looked at to judge a payload: two that follow each other are no chance."""

MAJOR = 3
"""High byte of every record's version since SSL 3.0."""

FATAL, CLOSE_NOTIFY = 2, 0

HELLO = re.compile(rb"\x16\x03[\x00-\x04][\x00-\x47].[\x01\x02]\x00..\x03", re.DOTALL)
"""A record that begins with a hello, up to the hello's own version."""

HELLO_BYTES = 10

TLS = Table(
    "tls", "TLS connections, one row each: both hellos and the server's certificate.", (*STAMP, *HANDSHAKE_FIELDS)
)


class Tls(Protocol):
    """TLS: a row per connection once both sides are encrypted, and one per certificate."""

    name = "tls"
    title = "Transport Layer Security"
    spec = "RFC 8446"
    carriers = (Carrier.TCP,)
    ports = (443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 3269, 5061, 5223, 5671, 8443, 8883)
    signatures = (
        Signature("16030?????01", minimum=9),
        Signature("16030?????02", minimum=9),
        Signature("15030?0002", minimum=7),
        Signature("14030?000101", minimum=6),
        Signature("16030?", minimum=5),
        Signature("17030?", minimum=5),
        Signature("80??01030?", minimum=11),
        Signature("80??010002", minimum=11),
        Signature("8???0400010002", minimum=13),
    )
    tables = (TLS, CERTIFICATES, DECRYPTED)
    family = "security"
    is_encrypted = True
    has_lane = True
    head_bytes = HANDSHAKE_BYTES

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.handshake = Handshake("t")
        self._waiting = (bytearray(), bytearray())
        self._has_changed = [False, False]
        self._is_lost = [False, False]
        self._is_over = [False, False]
        self._is_written = False
        self._n_sought = 0
        self._began_ns = 0
        self._decrypted = Decrypted(self.flow, self.flow.keys) if self.flow.keys is not None else None

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Judge by the records: their lengths must lead from one to the next, best to the very end."""
        at, stop = 0, len(payload)
        for _ in range(PROBED_RECORDS):
            if at + RECORD.size > stop:
                break
            kind, version, size = RECORD.unpack_from(payload, at)
            if kind not in RECORD_KINDS or not 0x0300 <= version <= 0x0304 or not 0 < size <= RECORD_BYTES:
                return Match.NO
            at += RECORD.size + size
            if at == stop:
                return Match.YES
        return Match.UNSURE if at else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read all records that are there; of application data the header is enough, unless its keys are known."""
        if self._decrypted is not None and not self._decrypted.is_hopeless:
            return self._parse_with_keys(cursor, side, self._decrypted)
        payload, stop, first = cursor.payload, cursor.stop, cursor.at
        at = first
        rows: list[Row] = []
        while not self._is_over[side]:
            end = _record_end(payload, at, stop)
            if end > stop or not end:
                break
            try:
                self._read_record(payload[at], payload[at + RECORD.size : end], side, rows)
            except Malformed:
                if at == first:
                    raise
                break  # the rows of the records before it stand; it is refused when it comes first
            at = cursor.at = end
            self._began_ns = self._began_ns or cursor.ts_ns
        if self._is_over[side]:
            self._end_side(cursor, side, rows)
        elif at == first:
            self._read_other(cursor, side, rows)
        return iter(rows)

    def _parse_with_keys(self, cursor: Cursor, side: Side, decrypted: Decrypted) -> Iterator[Row]:
        """Read one whole record, in clear as always and then with its keys."""
        rows: list[Row] = []
        payload, at, head = cursor.payload, cursor.at, cursor.peek(RECORD.size)
        if not _record_end(head, 0, len(head)):
            self._read_other(cursor, side, rows)
            decrypted.hear_ssl2(payload[at : cursor.at], side)
            return iter(rows)
        kind, version, size = RECORD.unpack(head)
        cursor.need(RECORD.size + size)
        body = payload[at + RECORD.size : at + RECORD.size + size]
        if not self._is_over[side]:
            self._read_record(kind, body, side, rows)
        cursor.at = at + RECORD.size + size
        self._began_ns = self._began_ns or cursor.ts_ns
        server = self.handshake.server
        alpn = server.alpn[0].decode("latin-1") if server and server.alpn else ""
        for said, message in decrypted.read((kind, version, body), side, cursor.ts_ns, alpn):
            if said == CERTIFICATE:
                chain = older_certificates(message) if server and is_tls13(server.version) else message
                rows += self.handshake.hear(CERTIFICATE, chain, side)
        return iter(rows)

    @classmethod
    def parse_streams(cls, streams: Streams) -> tuple[NDArray[np.uint8], list[tuple[Table, Columns]]]:
        """Read the handshakes that are as usual, each distinct one once."""
        return tls_lane.read_streams(cls, streams)

    def missed(self, side: Side, n_bytes: int) -> None:
        """Forget the message that has a gap."""
        self._waiting[side].clear()
        self._is_lost[side] = True
        if self._decrypted is not None:
            self._decrypted.lost(side)

    def close(self) -> Iterator[Row]:
        """Yield the row of a handshake that was not seen to its end, and that of what was read with keys."""
        if not self._is_written and not self.handshake.is_silent:
            yield self._row()
        if self._decrypted is not None:
            yield from self._decrypted.rows()

    def _row(self) -> Row:
        self._is_written = True
        row = self.handshake.row() | {"ts_ns": self._began_ns}
        if self._decrypted is not None and self._decrypted.alpn:
            row["alpn"] = self._decrypted.alpn  # which TLS 1.3 says under encryption
        return TLS, row

    def _end_side(self, cursor: Cursor, side: Side, rows: list[Row]) -> None:
        cursor.at = cursor.stop
        cursor.is_done = True
        self._is_over[side] = True
        if self._is_over[side.other] and not self._is_written and not self.handshake.is_silent:
            rows.append(self._row())

    def _read_record(self, kind: int, body: bytes, side: Side, rows: list[Row]) -> None:
        shake, has_changed = self.handshake, self._has_changed[side]
        shake.is_heard[side] = True
        if kind == APPLICATION_DATA or (kind == HANDSHAKE and has_changed and not _is_hello(body)):
            shake.is_secret[side] = True
        elif kind == HANDSHAKE:
            self._read_messages(body, side, rows)
        elif kind == CHANGE_CIPHER_SPEC:
            self._has_changed[side] = True
            shake.is_secret[side] |= not self._may_be_tls13()
        elif kind == ALERT and len(body) == 2 and not has_changed:
            shake.alert = body[1]
            self._is_over[side] = body[0] == FATAL or body[1] == CLOSE_NOTIFY
        self._is_over[side] |= shake.is_secret[side]

    def _may_be_tls13(self) -> bool:
        """Return whether a ChangeCipherSpec may mean nothing, as in TLS 1.3 (RFC 8446, D.4)."""
        server, client = self.handshake.server, self.handshake.client
        if server is not None:
            return server.is_retry or is_tls13(server.version)
        return client is not None and is_tls13(client.version)

    def _read_messages(self, body: bytes, side: Side, rows: list[Row]) -> None:
        """Put messages together that go on from record to record (RFC 8446, 5.1), and hear them."""
        waiting = self._waiting[side]
        if not waiting and int.from_bytes(body[1:4], "big") == len(body) - 4:  # as is usual: just one message
            rows += self.handshake.hear(body[0], body[4:], side)
            return
        if waiting:
            waiting += body
        said: bytes | bytearray = waiting or body
        at, stop = 0, len(said)
        while at + 4 <= stop:
            size = int.from_bytes(said[at + 1 : at + 4], "big")
            if size > HANDSHAKE_BYTES:
                raise Malformed("handshake message is too long to be believed", at)
            if at + 4 + size > stop:
                break
            at += 4 + size
            rows += self.handshake.hear(said[at - size - 4], bytes(said[at - size : at]), side)
            if self.handshake.is_secret[side]:
                at = stop
        if said is waiting:
            del waiting[:at]
        else:
            waiting += said[at:]

    def _read_other(self, cursor: Cursor, side: Side, rows: list[Row]) -> None:
        """Wait for the rest of a record, read a message of SSL 2.0, or look for where TLS begins."""
        cursor.need(RECORD.size)
        head = cursor.peek(RECORD.size)
        if end := _record_end(head, 0, RECORD.size):
            cursor.need(end)
        size = ssl2.message_size(head)
        if size and not self._waiting[side]:
            self._read_ssl2(cursor.take(size)[2:], side, rows)
            self._began_ns = self._began_ns or cursor.ts_ns
        elif self._is_lost[side]:
            self._is_over[side] = True  # behind a gap anything may stand
        else:
            self._seek_hello(cursor, side)
        if self._is_over[side]:
            self._end_side(cursor, side, rows)

    def _seek_hello(self, cursor: Cursor, side: Side) -> None:
        """Step over what a side says before it changes to TLS, in a protocol that nobody here knows."""
        is_heard, payload, stop = self.handshake.is_heard, cursor.payload, cursor.stop
        found = HELLO.search(payload, cursor.at + 1, stop)
        begin = found.start() if found else payload.find(HANDSHAKE, max(cursor.at + 1, stop - HELLO_BYTES + 1), stop)
        begin_or_stop = stop if begin < 0 else begin
        self._n_sought += begin_or_stop - cursor.at
        if is_heard[side] or (begin < 0 and is_heard[side.other]) or self._n_sought > UNDECIDED_BYTES:
            raise cursor.fail("not a TLS record")
        cursor.at = begin_or_stop

    def _read_ssl2(self, body: bytes, side: Side, rows: list[Row]) -> None:
        shake = self.handshake
        shake.is_heard[side] = True
        if body[0] == ssl2.CLIENT_HELLO:
            shake.client_speaks(ssl2.read_client_hello(body), side)
            return
        shake.is_secret[side] = self._is_over[side] = True
        if body[0] == ssl2.SERVER_HELLO:
            shown = ssl2.read_server_hello(body)
            shake.server_speaks(shown.hello, side)
            if shown.certificate:
                rows += shake.show_chain([shown.certificate], is_client=False)
        elif shake.server is not None:
            shake.server = shake.server._replace(cipher=ssl2.chosen_suite(body))


def _record_end(payload: bytes, at: int, stop: int) -> int:
    """Return where the record ends, of application data where the payload ends; 0 where none begins."""
    if at + RECORD.size > stop:
        return 0
    kind, version, size = RECORD.unpack_from(payload, at)
    if kind not in RECORD_KINDS or version >> 8 != MAJOR or size > RECORD_BYTES:
        return 0
    return stop if kind == APPLICATION_DATA else at + RECORD.size + size


def _is_hello(body: bytes) -> bool:
    """Return whether a record holds just one hello in clear: nothing else does behind a ChangeCipherSpec."""
    return body[:1] in (b"\x01", b"\x02") and int.from_bytes(body[1:4], "big") == len(body) - 4
