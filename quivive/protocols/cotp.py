"""ISO transport over TCP (RFC 1006, ISO 8073): one row per connection; what it carries is handed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.wire_text import DOT, escape
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

VERSION = 3
REQUEST, CONFIRM, DATA = 0xE0, 0xD0, 0xF0
CALLING, CALLED = 0xC1, 0xC2
MAX_PARAMETERS = 16
S7COMM, S7COMM_PLUS, SESSION = 0x32, 0x72, 0x0D
CARRIED = {S7COMM: "s7comm", S7COMM_PLUS: "s7comm_plus", SESSION: "iso_mms"}
"""First byte of what is carried, and what it is: IEC 61850 and TASE.2 begin with a session connect."""

COTP = Table("cotp", "Connections of the ISO transport protocol, as controllers use it: one row per connection.", (
    *STAMP,
    Field("calling_tsap", "text", "Selector of the caller; of Siemens controllers rack and slot."),
    Field("called_tsap", "text", "Selector of the called."),
    Field("is_confirmed", "bool", "Whether the connection was confirmed."),
))  # fmt: skip


class Cotp(Protocol):
    """TPKT and COTP, up to the first data."""

    name = "cotp"
    title = "ISO transport on top of TCP"
    spec = "RFC 1006"
    carriers = (Carrier.TCP,)
    ports = (102,)
    signatures = tuple(
        Signature(f"0300 00?? ?? {kind}0 ???? ???? 00 {what}") for kind in "ED" for what in ("C0", "C1", "C2")
    )
    tables = (COTP,)
    family = "industrial"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.row: dict[str, Any] = {}

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its signatures are sure; a port alone proves nothing."""
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a request or its confirmation; the first data decides what comes."""
        start = cursor.peek(8)
        if len(start) == 8 and start[5] == DATA:
            cursor.hand_over(CARRIED.get(start[7]))
            return iter(())
        if cursor.take(1)[0] != VERSION:
            raise cursor.fail("version of the packet is not 3")
        cursor.take(1)
        size = cursor.u16()
        if size < 7:
            raise cursor.fail("packet is shorter than its head")
        if cursor.left + 4 < size and len(cursor.peek(4)) >= 4 and cursor.peek(4)[1] == DATA:
            cursor.need(4)
        self._read(cursor.take(size - 4))
        return iter(())

    def _read(self, unit: bytes) -> None:
        kind = unit[1] & 0xF0
        if kind == CONFIRM:
            self.row["is_confirmed"] = True
        if kind != REQUEST:
            return
        self.row.setdefault("is_confirmed", False)
        at = 7
        for _ in range(MAX_PARAMETERS):
            if at + 2 > len(unit):
                break
            value = unit[at + 2 : at + 2 + unit[at + 1]]
            if unit[at] in (CALLING, CALLED):
                self.row["calling_tsap" if unit[at] == CALLING else "called_tsap"] = selector(value)
            at += 2 + unit[at + 1]

    def close(self) -> Iterator[Row]:
        """Tell who called whom."""
        if self.row:
            yield COTP, self.row


def selector(value: bytes) -> str:
    """Return a selector as text where it is some, in hexadecimal where not."""
    return escape(value, DOT) if value.isascii() and value.decode("ascii").isprintable() and value else value.hex()
