"""X Window System, opening of a connection (X11 protocol, chapter 8): one row per connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.wire_text import plain
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

HEAD_BYTES = 12
ORDERS = {0x42: "big", 0x6C: "little"}
ANSWERS = ("failed", "success", "authenticate")
MAX_VENDOR = 1024

TABLE = Table("x11", "Programs that show their windows on a display elsewhere: one row per connection.", (
    *STAMP,
    Field("x11_version", "text", "Version the program asks for."),
    Field("x11_auth", "text", "How it proves that it may, such as MIT-MAGIC-COOKIE-1; empty where it does not."),
    Field("x11_answer", "text", "Answer of the display: success, failed, authenticate."),
    Field("x11_vendor", "text", "Maker of the display, or its reason to refuse."),
))  # fmt: skip


class X11(Protocol):
    """X11: what is asked first, and the display's answer."""

    name = "x11"
    title = "X Window System"
    spec = "X Window System Protocol 11"
    carriers = (Carrier.TCP,)
    ports = tuple(range(6000, 6010))
    signatures = (
        Signature("42 00 000b 0000", side=Side.ORIGINATOR, minimum=HEAD_BYTES),
        Signature("6c 00 0b00 0000", side=Side.ORIGINATOR, minimum=HEAD_BYTES),
    )
    tables = (TABLE,)
    family = "remote"
    head_bytes = 2048

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.row: dict[str, Any] = {}

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its signatures are sure; a port alone proves nothing."""
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the question or the answer; the rest is pictures."""
        if side == Side.ORIGINATOR:
            self._ask(cursor)
        else:
            self._answer(cursor)
        cursor.done()
        return iter(())

    def _ask(self, cursor: Cursor) -> None:
        order = ORDERS.get(cursor.peek(1)[0])
        if order is None:
            raise cursor.fail("byte order is neither B nor l")
        head = cursor.take(HEAD_BYTES)
        numbers = [int.from_bytes(head[at : at + 2], "big" if order == "big" else "little") for at in (2, 4, 6)]
        name = cursor.take(numbers[2])
        self.row |= {"x11_version": f"{numbers[0]}.{numbers[1]}", "x11_auth": plain(name) or None}

    def _answer(self, cursor: Cursor) -> None:
        head = cursor.take(8)
        if head[0] >= len(ANSWERS):
            raise cursor.fail("answer is unknown")
        self.row["x11_answer"] = ANSWERS[head[0]]
        if head[0] == 0:
            self.row["x11_vendor"] = plain(cursor.take(min(head[1], cursor.left)))
        elif head[0] == 1:
            # The display answers in the byte order it was asked in: 11 stands in one of the two bytes of its version.
            order = "big" if head[2] == 0 else "little"
            fixed = cursor.take(32)
            size = int.from_bytes(fixed[16:18], "big" if order == "big" else "little")
            self.row["x11_vendor"] = plain(cursor.take(min(size, MAX_VENDOR)))

    def close(self) -> Iterator[Row]:
        """Tell what was seen of the opening."""
        if self.row:
            yield TABLE, self.row
