"""The WebSocket Protocol (RFC 6455), with compressed messages (RFC 7692)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.websocket_frames import (
    CLOSE,
    OCPP_CALL,
    OPCODES,
    Message,
    Messages,
    looks_framed,
    opening,
)
from quivive.messages.wire_text import plain
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

TABLE = Table(
    "websocket",
    "Messages that were sent over a WebSocket.",
    (
        *STAMP,
        IS_ORIG,
        Field("ws_opcode", "text", "Kind of message: text, binary, close, ping or pong."),
        Field("ws_bytes", "int64", "Size of the message as sent, compressed where it is.", "bytes"),
        Field("n_frames", "int32", "Frames the message came in."),
        Field("is_masked", "bool", "Whether the message is masked, as a client's must be."),
        Field("is_compressed", "bool", "Whether the message is compressed."),
        Field("ws_carries", "text", "Protocol that the sender's first message begins, where it is a known one."),
        Field("close_code", "int32", "Why the sender closes, as a number (RFC 6455, 7.4)."),
        Field("close_reason", "text", "Why the sender closes, in its words."),
        Field("subprotocol", "text", "Protocol that client and server agreed to speak over the WebSocket."),
    ),
)

CARRIED = (
    (b"SSH-", "ssh"),
    (b"\x16\x03", "tls"),
    (b"PRI * HTTP/2", "http2"),
    (b"GET ", "http1"),
    (b"HTTP/1.", "http1"),
    (b"RFB 00", "rfb"),
    (b"\x03\x00\x00", "rdp"),
    (b"REGISTER sip:", "sip"),
)
"""Beginnings of protocols that are known to be tunnelled, and their names."""


class WebSocket(Protocol):
    """WebSocket: one row per message; what it says is stepped over."""

    name = "websocket"
    title = "WebSocket"
    spec = "RFC 6455"
    carriers = (Carrier.TCP,)
    signatures = (Signature("81", minimum=6),)
    tables = (TABLE,)
    family = "web"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.sides = (Messages(), Messages())
        self.subprotocol = str(self.flow.given.get("subprotocol", ""))
        self.has_said = [False, False]
        self.carried = ["", ""]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """With no hand-shake to be seen, a frame that fits its segment and holds text shows it."""
        if not looks_framed(payload, side) or OCPP_CALL.match(opening(payload)):
            return Match.NO
        return Match.YES

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one frame; the last of a message gives its row."""
        begins = b"" if self.has_said[side] else opening(cursor.peek(cursor.left))
        if not self.subprotocol and OCPP_CALL.match(begins):
            cursor.hand_over("ocpp", **self.flow.given)
            return iter(())
        message = self.sides[side].read(cursor)
        if begins:
            self.has_said[side] = True
            self.carried[side] = next((name for mark, name in CARRIED if begins.startswith(mark)), "")
        return iter(()) if message is None else iter(((TABLE, self._row(message, side)),))

    def missed(self, side: Side, n_bytes: int) -> None:
        """The message a gap falls in is lost; frames are expected to go on behind it."""
        self.sides[side].missed()

    def _row(self, message: Message, side: Side) -> dict[str, Any]:
        row: dict[str, Any] = {
            "is_orig": side is Side.ORIGINATOR,
            "ws_opcode": OPCODES[message.opcode],
            "ws_bytes": message.n_bytes,
            "n_frames": message.n_frames,
            "is_masked": message.is_masked,
            "is_compressed": message.is_compressed,
        }
        if self.subprotocol:
            row["subprotocol"] = self.subprotocol
        if message.opcode == CLOSE and message.payload:
            row["close_code"] = int.from_bytes(message.payload[:2], "big")
            if len(message.payload) > 2:
                row["close_reason"] = plain(message.payload[2:])
        elif message.opcode < CLOSE and self.carried[side]:
            row["ws_carries"], self.carried[side] = self.carried[side], ""
        return row
