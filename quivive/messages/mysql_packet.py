"""Packets of MySQL's protocol read piece by piece (MySQL internals manual, 14.1.1)."""

from __future__ import annotations

from quivive.model.errors import Malformed

MAX_ATTRIBUTES = 64
"""Attributes of one connection or query; clients send about ten."""


class Packet:
    """A read position in one packet, whose numbers tell by their first byte how long they are (14.1.1.1)."""

    __slots__ = ("at", "content")

    def __init__(self, content: bytes, at: int) -> None:
        self.content = content
        self.at = at

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self.content) - self.at

    def take(self, size: int) -> bytes:
        """Read some bytes."""
        if size > self.left:
            raise Malformed("packet is cut short", self.at)
        self.at += size
        return self.content[self.at - size : self.at]

    def number(self) -> int:
        """Read a number of one byte."""
        return self.take(1)[0]

    def counted_number(self) -> int:
        """Read a number of one, three, four or nine bytes."""
        first = self.number()
        size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
        return first if size is None else int.from_bytes(self.take(size), "little")

    def counted(self) -> bytes:
        """Read bytes that stand behind their number."""
        return self.take(self.counted_number())

    def zero_ended(self) -> bytes:
        """Read bytes up to a zero, or all that is left."""
        taken, _, _ = self.content[self.at :].partition(b"\0")
        self.at = min(self.at + len(taken) + 1, len(self.content))
        return taken

    def skip_attributes(self, count: int) -> None:
        """Step over the attributes of a query: which are empty, their types and names, their values."""
        if count > MAX_ATTRIBUTES:
            raise Malformed("query has too many attributes", self.at)
        empty = int.from_bytes(self.take((count + 7) // 8), "little")
        self.take(1)
        types = []
        for _ in range(count):
            types.append(int.from_bytes(self.take(2), "little") & 0x7FFF)
            self.counted()
        for number, kind in enumerate(types):
            if not empty >> number & 1:
                self.take(VALUE_BYTES[kind] if kind in VALUE_BYTES else self.counted_number())


VALUE_BYTES = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 8: 8, 9: 4, 13: 2}
"""Sizes of binary values by type (14.7.4); dates, texts and all others are counted."""
