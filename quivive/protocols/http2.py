"""HTTP/2 (RFC 9113), in clear with prior knowledge or after an upgrade, and within TLS where its keys are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages import spnego
from quivive.messages.http.body import BodyUntilClose
from quivive.messages.http.exchange import PIPELINED, REQUEST, RESPONSE, Exchange, Transaction
from quivive.messages.http.fields import HTTP
from quivive.messages.http.head import Head
from quivive.messages.http2_headers import HeaderReader
from quivive.model.five_tuple import Carrier, Side
from quivive.model.tables import ANOMALIES

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEAD = 9
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
LAST_KIND = 0x10
"""Highest frame type in use (PRIORITY_UPDATE, RFC 9218); others have to be passed over, but not to begin with."""

END_STREAM, END_HEADERS, PADDED, HAS_PRIORITY = 0x01, 0x04, 0x08, 0x20
HEADER_TABLE_SIZE = 1
STREAM = 0x7FFFFFFF

BLOCK_BYTES = 1 << 17
"""Longest header block put together: servers take 8 to 32 kB."""

STREAMS = PIPELINED
"""Streams that are open at a time: servers allow 100 to 256."""

VERSION = "2"

UPGRADED, GIVEN = 1, (("host", "host"), ("path", "uri"))
"""The stream that answers a request which HTTP/1.1 asked (RFC 7540, 3.2), and what is told of that request."""


class Frame(NamedTuple):
    """The head of one frame (RFC 9113, 4.1)."""

    size: int
    kind: int
    flags: int
    stream: int


class Block(NamedTuple):
    """A header block, as far as it has come: the frame it began with, the stream it promises, its bytes."""

    frame: Frame
    promised: int
    block: bytes


class Stream:
    """One stream: its transaction, and the bytes of both bodies."""

    __slots__ = ("bodies", "has_ended", "transaction")

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.bodies = {REQUEST: BodyUntilClose(), RESPONSE: BodyUntilClose()}
        self.has_ended = {REQUEST: transaction.has_request, RESPONSE: False}


class Http2(Protocol):
    """HTTP/2: one row per stream, in the table of its older versions."""

    name = "http2"
    title = "Hypertext Transfer Protocol, version 2"
    spec = "RFC 9113"
    carriers = (Carrier.TCP,)
    ports = (80,)
    signatures = (PREFACE[:16],)
    tables = (HTTP, *spnego.TABLES)
    family = "web"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.exchange = Exchange(self.name, HTTP)
        self.readers = (HeaderReader(), HeaderReader())
        self.streams: dict[int, Stream] = {}
        self._blocks: list[Block | None] = [None, None]
        self._is_lost = [False, False]
        self._has_begun = [False, False]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The client's first bytes are fixed."""
        return Match.YES if payload.startswith(PREFACE[:16]) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one frame; of data the head is enough."""
        if self._is_lost[side]:
            cursor.at = cursor.stop
            cursor.done()
            return iter(())
        if cursor.peek(3) == PREFACE[:3]:
            if cursor.take(len(PREFACE)) != PREFACE:
                raise cursor.fail("preface of another kind")
            self._has_begun[side] = True
            return iter(())
        frame = _frame(cursor)
        if not self._has_begun[side] and (frame.kind > LAST_KIND or frame.size > BLOCK_BYTES):
            raise cursor.fail("no frame")
        if frame.kind == DATA:
            self._read_data(frame, cursor, side)
        elif frame.kind in (HEADERS, PUSH_PROMISE, CONTINUATION, SETTINGS, RST_STREAM):
            if frame.size > BLOCK_BYTES:
                raise cursor.fail("frame is too long to be believed")
            self._read_frame(frame, cursor.take(frame.size), cursor, side)
        else:
            cursor.skip(frame.size)
        self._has_begun[side] = True
        return self.exchange.take_rows()

    def missed(self, side: Side, n_bytes: int) -> None:
        """Frames cannot be found again, nor can header lists be read whose forerunners are missing."""
        self._is_lost[side] = True

    def close(self) -> Iterator[Row]:
        """Tell the streams that are open."""
        for stream in self.streams.values():
            for part in (REQUEST, RESPONSE):
                if not stream.has_ended[part] and f"is_{part}_whole" not in stream.transaction.row:
                    stream.transaction.row[f"{part}_body_bytes"] = stream.bodies[part].n_bytes
                    stream.transaction.row[f"is_{part}_whole"] = False
        self.exchange.end_all()
        return self.exchange.take_rows()

    def _read_data(self, frame: Frame, cursor: Cursor, side: Side) -> None:
        n_bytes = frame.size
        if frame.flags & PADDED and n_bytes:
            n_bytes = max(n_bytes - 1 - cursor.u8(), 0)
            cursor.skip(frame.size - 1)
        else:
            cursor.skip(frame.size)
        stream = self.streams.get(frame.stream)
        if stream is not None:
            part = self._part(stream, side)
            stream.bodies[part].n_bytes += n_bytes
            if frame.flags & END_STREAM:
                self._end(frame.stream, part)

    def _read_frame(self, frame: Frame, body: bytes, cursor: Cursor, side: Side) -> None:
        if frame.kind == SETTINGS:
            for at in range(0, len(body) - 5, 6):
                if int.from_bytes(body[at : at + 2], "big") == HEADER_TABLE_SIZE:
                    self.readers[side.other].allow(int.from_bytes(body[at + 2 : at + 6], "big"))
        elif frame.kind == RST_STREAM:
            stream = self.streams.pop(frame.stream, None)
            if stream is not None:
                self._break_off(stream)
        elif frame.kind == CONTINUATION:
            begun = self._blocks[side]
            if begun is not None and begun.frame.stream == frame.stream:
                self._gather(begun._replace(block=begun.block + body), frame.flags, cursor, side)
        else:
            fragment, promised = _fragment(frame, body, cursor)
            self._gather(Block(frame, promised, fragment), frame.flags, cursor, side)

    def _gather(self, begun: Block, flags: int, cursor: Cursor, side: Side) -> None:
        """Keep a header block until its last frame has come."""
        frame, promised, block = begun
        if len(block) > BLOCK_BYTES:
            raise cursor.fail("header block is too long to be believed")
        self._blocks[side] = None if flags & END_HEADERS else begun
        if not flags & END_HEADERS:
            return
        was_lost = self.readers[side].is_lost
        headers = self.readers[side].read(block)
        if headers is not None:
            self._hear(frame, promised, headers, cursor.ts_ns, side)
        elif not was_lost:
            row = {"ts_ns": cursor.ts_ns, "place": self.name, "anomaly": "header list that cannot be read"}
            self.exchange.rows.append((ANOMALIES, row))
        if headers is None and frame.flags & END_STREAM and (stream := self.streams.get(frame.stream)):
            self._end(frame.stream, self._part(stream, side))

    def _hear(self, frame: Frame, promised: int, headers: dict[str, str], ts_ns: int, side: Side) -> None:
        """Take a whole header list: a request's, a response's or a trailer's."""
        number, part = promised or frame.stream, REQUEST
        if ":method" in headers:
            if number not in self.streams:
                self._ask(number, headers, ts_ns, side.other if promised else side)
        elif ":status" in headers:
            part = RESPONSE
            self._answer(number, headers, ts_ns)
        elif stream := self.streams.get(number):
            part = self._part(stream, side)
        if (frame.flags & END_STREAM or promised) and number in self.streams:
            self._end(number, part)

    def _ask(self, number: int, headers: dict[str, str], ts_ns: int, client: Side) -> None:
        ends = self.flow.five_tuple
        self.exchange.client_addr = ends.orig_addr if client is Side.ORIGINATOR else ends.resp_addr
        fields = {name: value for name, value in headers.items() if not name.startswith(":")}
        if authority := headers.get(":authority"):
            fields["host"] = authority
        line = (headers[":method"], headers.get(":path") or headers.get(":authority", ""), VERSION)
        transaction = self.exchange.ask(line, fields, ts_ns)
        if headers.get(":scheme") == "https" and transaction.row["url"].startswith("http://"):
            transaction.row["url"] = "https" + transaction.row["url"][4:]
        self._open(number, Stream(transaction))

    def _answer(self, number: int, headers: dict[str, str], ts_ns: int) -> None:
        code = headers[":status"]
        stream = self.streams.get(number)
        if stream is None:
            self.exchange.n_asked += 1
            row: dict[str, Any] = {"ts_ns": ts_ns, "trans_depth": self.exchange.n_asked}
            if number == UPGRADED:
                row |= {name: self.flow.given[key] for key, name in GIVEN if self.flow.given.get(key)}
            stream = Stream(Transaction(row))
            self.exchange.open.append(stream.transaction)
            self._open(number, stream)
        row = stream.transaction.row
        if not code.isascii() or not code.isdecimal() or len(code) != 3:
            code = ""
        if code.startswith("1"):
            row["info_code"] = int(code)
            return
        row["response_ts_ns"] = ts_ns
        fields = {name: value for name, value in headers.items() if not name.startswith(":")}
        self.exchange.fill(stream.transaction, Head("", fields, True, False), (VERSION, code, ""))

    def _open(self, number: int, stream: Stream) -> None:
        """Remember a stream; the oldest is told where too many are open."""
        if len(self.streams) == STREAMS:
            self._break_off(self.streams.pop(next(iter(self.streams))))
        self.streams[number] = stream

    def _part(self, stream: Stream, side: Side) -> str:
        """Return which part of a stream a side says."""
        is_client = self.exchange.client_addr in ("", self.flow.five_tuple.orig_addr)
        return REQUEST if (side is Side.ORIGINATOR) == is_client else RESPONSE

    def _end(self, number: int, part: str) -> None:
        stream = self.streams[number]
        if stream.has_ended[part]:
            return
        stream.has_ended[part] = True
        self.exchange.end(stream.transaction, part, stream.bodies[part], is_whole=True)
        if all(stream.has_ended.values()):
            self._forget(stream)
            del self.streams[number]

    def _break_off(self, stream: Stream) -> None:
        """Tell a stream that ended before its parts did."""
        for part in (REQUEST, RESPONSE):
            if not stream.has_ended[part]:
                self.exchange.end(stream.transaction, part, stream.bodies[part], is_whole=False)
        self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        if stream.transaction in self.exchange.waiting:
            self.exchange.waiting.remove(stream.transaction)


def _frame(cursor: Cursor) -> Frame:
    size, kind, flags, stream = cursor.u24(), cursor.u8(), cursor.u8(), cursor.u32()
    return Frame(size, kind, flags, stream & STREAM)


def _fragment(frame: Frame, body: bytes, cursor: Cursor) -> tuple[bytes, int]:
    """Return the header block's part in HEADERS or PUSH_PROMISE (RFC 9113, 6.2, 6.6), and the promised stream."""
    begin, stop = 0, len(body)
    if frame.flags & PADDED and body:
        begin, stop = 1, stop - body[0]
    promised = 0
    if frame.kind == PUSH_PROMISE:
        promised = int.from_bytes(body[begin : begin + 4], "big") & STREAM
        begin += 4
    elif frame.flags & HAS_PRIORITY:
        begin += 5
    if begin > stop:
        raise cursor.fail("padding is longer than its frame")
    return body[begin:stop], promised
