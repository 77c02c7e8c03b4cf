"""WebSocket frames and the messages they make up (RFC 6455, 5), compressed ones included (RFC 7692)."""

from __future__ import annotations

import re
from typing import NamedTuple

from quivive.kit import inflate
from quivive.kit.cursor import Cursor
from quivive.kit.inflate import Inflater
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
OPCODES = {
    CONTINUATION: "continuation",
    TEXT: "text",
    BINARY: "binary",
    CLOSE: "close",
    PING: "ping",
    PONG: "pong",
}

MAX_CONTROL_BYTES = 125
"""RFC 6455, 5.5."""

MAX_KEPT_BYTES = 1 << 18
"""Bytes of a message that are kept for a reader of its content; OCPP's longest reports have some 50 KB."""

MAX_FRAMES = 65_536
"""Frames one message is made of; a sender that streams uses hundreds."""

TAIL = b"\x00\x00\xff\xff"
"""Left out at the end of a compressed message (RFC 7692, 7.2.1)."""

GLIMPSE_BYTES = 256
"""Bytes of a message that are looked at to tell what it is."""

OCPP_CALL = re.compile(rb'\s*\[\s*2\s*,\s*"[^"]{1,64}"\s*,\s*"[A-Za-z0-9]{1,64}"\s*,\s*\{')
"""How a call of OCPP-J begins: no other protocol in use has a number, two texts and an object."""


class FrameHead(NamedTuple):
    """What stands before a frame's payload; mask is empty where there is none."""

    opcode: int
    is_final: bool
    is_compressed: bool
    mask: bytes
    size: int


class Message(NamedTuple):
    """A whole message.

    payload:  its content, inflated; None where it was not asked for or cannot be had, which `trouble` then explains
    n_bytes:  its size as sent
    """

    opcode: int
    n_frames: int
    n_bytes: int
    is_masked: bool
    is_compressed: bool
    payload: bytes | None
    trouble: str = ""


def read_head(cursor: Cursor) -> FrameHead:
    """Read the head of a frame (RFC 6455, 5.2)."""
    at = cursor.at
    first, second = cursor.take(2)
    opcode, size = first & 15, second & 127
    if first & 0x30:
        raise Malformed("reserved bits of a frame are set", at)
    if opcode not in OPCODES:
        raise Malformed("frame type is reserved", at)
    if opcode >= CLOSE and (size > MAX_CONTROL_BYTES or not first & 0x80):
        raise Malformed("control frame is long or in pieces", at)
    if size == 126:
        size = cursor.u16()
    elif size == 127:
        size = cursor.u64()
        if size >> 63:
            raise Malformed("frame size is out of range", at)
    return FrameHead(opcode, first >= 0x80, bool(first & 0x40), cursor.take(4) if second & 128 else b"", size)


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Return a payload without its mask (RFC 6455, 5.3)."""
    if not mask or not payload:
        return payload
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")


def opening(payload: bytes) -> bytes:
    """Return how the message begins whose first frame is here, inflated; empty for a control frame or a later piece.

    Raises NeedMoreData where that much has not come yet.
    """
    cursor = Cursor(payload, whole=False)
    head = read_head(cursor)
    if head.opcode not in (TEXT, BINARY):
        return b""
    begin = unmask(cursor.take(min(head.size, GLIMPSE_BYTES)), head.mask)
    return inflate.glimpse(begin, GLIMPSE_BYTES) if head.is_compressed else begin


def looks_framed(payload: bytes, side: Side) -> bool:
    """Return whether a segment is a whole message of printable text as this side would send it."""
    cursor = Cursor(payload)
    try:
        head = read_head(cursor)
    except Malformed:
        return False
    if head.opcode != TEXT or not head.is_final or head.is_compressed or not 4 <= head.size <= cursor.left:
        return False
    text = unmask(cursor.take(min(head.size, GLIMPSE_BYTES)), head.mask)
    is_text = all(byte >= 0x20 or byte in b"\t\r\n" for byte in text)
    return is_text and bool(head.mask) == (side is Side.ORIGINATOR) and (head.size > GLIMPSE_BYTES or not cursor.left)


class Compression:
    """How messages of one direction are compressed, as the hand-shake agreed (RFC 7692, 7.1).

    forgets: whether each message is compressed on its own (no context takeover)
    """

    __slots__ = ("_inflater", "_is_broken", "forgets")

    def __init__(self, *, forgets: bool = False) -> None:
        self.forgets = forgets
        self._inflater = Inflater()
        self._is_broken = False

    def inflate(self, payload: bytes) -> bytes:
        """Return a message inflated; behind a lost or broken one there may be no context any more."""
        if self._is_broken:
            raise Malformed("compressed message depends on one that is lost", 0)
        if self.forgets:
            self._inflater = Inflater()
        try:
            return self._inflater.inflate(payload + TAIL, MAX_KEPT_BYTES)
        except Malformed:
            self._is_broken = not self.forgets
            raise

    def missed(self) -> None:
        """Hear that a message was not inflated."""
        self._is_broken = not self.forgets


def compression_of(extensions: str, *, by_client: bool) -> Compression:
    """Return how one direction is compressed, by the server's Sec-WebSocket-Extensions."""
    parameter = "client_no_context_takeover" if by_client else "server_no_context_takeover"
    return Compression(forgets=parameter in extensions.lower())


class Messages:
    """Joins the frames of one side; with `keeps` their content is kept and inflated, without they are stepped over."""

    __slots__ = ("_compression", "_keeps", "_kept", "_n_bytes", "_n_frames", "_start")

    def __init__(self, compression: Compression | None = None, *, keeps: bool = False) -> None:
        self._compression = compression or Compression()
        self._keeps = keeps
        self._start: FrameHead | None = None
        self._kept: list[bytes] = []
        self._n_frames = self._n_bytes = 0

    def read(self, cursor: Cursor) -> Message | None:
        """Read one frame; returns the message that it completes."""
        at = cursor.at
        head = read_head(cursor)
        if head.opcode >= CLOSE:
            payload = unmask(cursor.take(head.size), head.mask)
            return Message(head.opcode, 1, head.size, bool(head.mask), False, payload)
        begins = head.opcode != CONTINUATION or self._start is None
        is_kept = self._keeps and head.size + (0 if begins else self._n_bytes) <= MAX_KEPT_BYTES
        piece = unmask(cursor.take(head.size), head.mask) if is_kept else b""
        if begins:
            self._begin(head)
        self._n_frames += 1
        self._n_bytes += head.size
        if is_kept:
            self._kept.append(piece)
        else:
            cursor.skip(head.size)
        if self._n_frames > MAX_FRAMES:
            raise Malformed("message has too many frames", at)
        return self._end(head) if head.is_final else None

    def missed(self) -> None:
        """Hear of a gap: the message it falls in is lost."""
        self._start = None
        self._compression.missed()

    def _begin(self, head: FrameHead) -> None:
        self._start, self._kept = head, []
        self._n_frames = self._n_bytes = 0

    def _end(self, last: FrameHead) -> Message:
        start, self._start = self._start or last, None
        payload, trouble = None, ""
        if self._keeps:
            payload, trouble = self._content(start)
        is_masked, is_compressed = bool(last.mask), start.is_compressed
        return Message(start.opcode, self._n_frames, self._n_bytes, is_masked, is_compressed, payload, trouble)

    def _content(self, start: FrameHead) -> tuple[bytes | None, str]:
        payload, self._kept = b"".join(self._kept), []
        if len(payload) != self._n_bytes:
            if start.is_compressed:
                self._compression.missed()
            return None, "message is longer than what is kept"
        if not start.is_compressed:
            return payload, ""
        try:
            return self._compression.inflate(payload), ""
        except Malformed as error:
            return None, error.reason
