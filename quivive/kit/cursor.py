"""Bounds-checked reading of one message."""

from __future__ import annotations

from typing import Any, NamedTuple

from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.limits import LINE_BYTES


class Handover(NamedTuple):
    """The rest of the flow belongs to another protocol; None lets its content decide."""

    to: str | None
    given: dict[str, Any]


class Cursor:
    """A read position in payload bytes.

    Every read either returns what was asked for or raises: NeedMoreData where more bytes of the stream may still
    come, Malformed where they cannot (`whole`: the payload is a datagram, or the stream has ended).
    """

    __slots__ = ("at", "handover", "is_done", "payload", "skipping", "stop", "ts_ns", "whole")

    def __init__(
        self, payload: bytes, *, whole: bool = True, at: int = 0, stop: int | None = None, ts_ns: int = 0
    ) -> None:
        self.payload = payload
        self.at = at
        self.stop = len(payload) if stop is None else stop
        self.whole = whole
        self.ts_ns = ts_ns
        """When the last of these bytes was captured."""
        self.skipping = 0
        self.handover: Handover | None = None
        self.is_done = False

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self.stop - self.at

    def need(self, size: int) -> None:
        """Raise unless `size` bytes are there; moves nothing."""
        missing = size - (self.stop - self.at)
        if missing > 0:
            if self.whole:
                raise Malformed("message is cut short", self.at)
            raise NeedMoreData(missing)

    def take(self, size: int) -> bytes:
        """Read `size` bytes."""
        at = self.at
        end = at + size
        if size < 0 or end > self.stop:
            if size < 0:
                raise Malformed("length is negative", at)
            self.need(size)
        self.at = end
        return self.payload[at:end]

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes without reading them."""
        return self.payload[self.at : min(self.at + size, self.stop)]

    def rest(self) -> bytes:
        """Read all that is left."""
        return self.take(self.stop - self.at)

    def u8(self) -> int:
        """Read an 8-bit number."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Read a big-endian 16-bit number."""
        return int.from_bytes(self.take(2), "big")

    def u24(self) -> int:
        """Read a big-endian 24-bit number."""
        return int.from_bytes(self.take(3), "big")

    def u32(self) -> int:
        """Read a big-endian 32-bit number."""
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        """Read a big-endian 64-bit number."""
        return int.from_bytes(self.take(8), "big")

    def le16(self) -> int:
        """Read a little-endian 16-bit number."""
        return int.from_bytes(self.take(2), "little")

    def le32(self) -> int:
        """Read a little-endian 32-bit number."""
        return int.from_bytes(self.take(4), "little")

    def le64(self) -> int:
        """Read a little-endian 64-bit number."""
        return int.from_bytes(self.take(8), "little")

    def until(self, mark: bytes, limit: int = LINE_BYTES) -> bytes:
        """Read up to `mark` and step over it; without one in `limit` bytes it is malformed."""
        end = self.payload.find(mark, self.at, min(self.stop, self.at + limit + len(mark)))
        if end < 0:
            if self.left > limit or self.whole:
                raise Malformed(f"no {mark!r} within {min(limit, self.left)} bytes", self.at)
            raise NeedMoreData
        taken = self.payload[self.at : end]
        self.at = end + len(mark)
        return taken

    def line(self, limit: int = LINE_BYTES) -> bytes:
        """Read a line; its end (CR LF or bare LF), which the last line of a whole payload may lack, is left out."""
        if self.whole and self.left and self.payload.find(b"\n", self.at, self.stop) < 0:
            return self.rest()
        return self.until(b"\n", limit).removesuffix(b"\r")

    def skip(self, size: int) -> None:
        """Step over `size` bytes, which may not have come yet: they are neither kept nor waited for."""
        step = min(size, self.stop - self.at)
        if size < 0:
            raise Malformed("length is negative", self.at)
        if step < size and self.whole:
            raise Malformed("message is cut short", self.at)
        self.at += step
        self.skipping = size - step

    def part(self, size: int) -> Cursor:
        """Read `size` bytes as a whole of their own: reading past them is malformed."""
        self.need(size)
        if size < 0:
            raise Malformed("length is negative", self.at)
        inner = Cursor(self.payload, at=self.at, stop=self.at + size, ts_ns=self.ts_ns)
        self.at += size
        return inner

    def hand_over(self, to: str | None, **given: Any) -> None:
        """Say that what follows, on both sides, is of another protocol; `given` reaches it as flow.given."""
        self.handover = Handover(to, given)

    def done(self) -> None:
        """Say that nothing more of this side is wanted."""
        self.is_done = True

    def fail(self, reason: str) -> Malformed:
        """Return the error for `reason` at this position."""
        return Malformed(reason, self.at)
