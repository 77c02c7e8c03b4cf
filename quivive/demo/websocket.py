"""WebSocket (RFC 6455): the upgrade, and frames masked and perhaps deflated (RFC 7692)."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib

from quivive.demo import http
from quivive.demo.tcp import ORIG, RESP, Conversation

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL, DEFLATED, MASKED = 0x80, 0x40, 0x80
FLUSHED_TAIL = b"\0\0\xff\xff"
"""What a flushed deflate block ends with; RFC 7692, 7.2.1 leaves it out."""

DEFLATE_OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
DEFLATE_ANSWER = "Sec-WebSocket-Extensions: permessage-deflate"


class WebSocket:
    """A socket over a conversation, opened with the upgrade; each side's deflate state lives on between messages."""

    def __init__(self, talk: Conversation, host: str, target: str, protocol: str, *, is_deflated: bool = False) -> None:
        self.talk = talk
        key = base64.b64encode(talk.rng.randbytes(16))
        accept = base64.b64encode(hashlib.sha1(key + MAGIC, usedforsecurity=False).digest()).decode()
        offer = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                 f"Sec-WebSocket-Key: {key.decode()}", f"Sec-WebSocket-Protocol: {protocol}"]  # fmt: skip
        answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                  f"Sec-WebSocket-Accept: {accept}", f"Sec-WebSocket-Protocol: {protocol}"]  # fmt: skip
        talk.say(ORIG, http.request("GET", host, target, headers=(*offer, *[DEFLATE_OFFER][:is_deflated])))
        talk.say(RESP, "\r\n".join([*answer, *[DEFLATE_ANSWER][:is_deflated], "", ""]).encode())
        self._deflate = [zlib.compressobj(6, zlib.DEFLATED, -15) for _ in (ORIG, RESP)] if is_deflated else []

    def text(self, side: int, message: str) -> None:
        """Send one text message in one frame."""
        payload, first = message.encode(), FINAL | TEXT
        if self._deflate:
            packer = self._deflate[side]
            payload = (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(FLUSHED_TAIL)
            first |= DEFLATED
        self.talk.say(side, self._frame(side, first, payload))

    def close(self) -> None:
        """Say good-bye both ways (status 1000), then end the conversation."""
        goodbye = struct.pack("!H", 1000)
        self.talk.say(ORIG, self._frame(ORIG, FINAL | CLOSE, goodbye))
        self.talk.say(RESP, self._frame(RESP, FINAL | CLOSE, goodbye))
        self.talk.close()

    def _frame(self, side: int, first: int, payload: bytes) -> bytes:
        """Return a frame; those of the originator are masked."""
        mark = MASKED if side == ORIG else 0
        size = len(payload)
        head = bytes([first, mark | size]) if size < 126 else struct.pack("!BBH", first, mark | 126, size)
        if side == RESP:
            return head + payload
        mask = self.talk.rng.randbytes(4)
        stream = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return head + mask + (int.from_bytes(payload, "big") ^ stream).to_bytes(size, "big")
