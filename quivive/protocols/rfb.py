"""Remote Framebuffer Protocol, as VNC speaks it (RFC 6143): one row per connection, on versions and log-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.wire_text import plain
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")
VERSION_BYTES = 12
SECURITY = {
    0: "refused", 1: "none", 2: "VNC", 5: "RA2", 6: "RA2ne", 16: "Tight", 17: "Ultra", 18: "TLS", 19: "VeNCrypt",
    20: "SASL", 21: "MD5", 22: "xvp", 30: "Apple", 35: "MS log-in",
}  # fmt: skip
OLD = (3, 3)
"""In this version and earlier the server decides alone (RFC 6143, appendix A)."""

RFB = Table("rfb", "Screens shared over VNC: one row per connection.", (
    *STAMP,
    Field("rfb_server_version", "text", "Version the server offers."),
    Field("rfb_client_version", "text", "Version the client takes."),
    Field("rfb_security_offered", "texts", "Ways of logging in that the server offers."),
    Field("rfb_security", "text", "Way of logging in that is used; none means that anybody may look."),
    Field("rfb_refusal", "text", "Why the server refused, in its words."),
))  # fmt: skip


class Rfb(Protocol):
    """VNC and its relatives, up to the log-in."""

    name = "rfb"
    title = "Remote Framebuffer (VNC)"
    spec = "RFC 6143"
    carriers = (Carrier.TCP,)
    ports = (5900, 5901, 5902, 5903)
    signatures = (b"RFB 00",)
    tables = (RFB,)
    family = "remote"
    head_bytes = 512

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.row: dict[str, Any] = {}
        self.agreed = (9, 9)
        self.is_told = False

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its signature is sure; a port alone proves nothing."""
        return Match.YES if VERSION.match(payload) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read versions, then the ways of logging in."""
        name = "rfb_client_version" if side == Side.ORIGINATOR else "rfb_server_version"
        if name not in self.row:
            line = cursor.take(VERSION_BYTES)
            version = VERSION.match(line)
            if version is None:
                raise cursor.fail("no version")
            self.row[name] = f"{int(version[1])}.{int(version[2])}"
            self.agreed = min(self.agreed, (int(version[1]), int(version[2])))
        elif side == Side.RESPONDER:
            self._offer(cursor)
        elif "rfb_security_offered" in self.row:
            number = cursor.take(1)[0]
            self.row["rfb_security"] = SECURITY.get(number, str(number))
            cursor.done()
        else:
            cursor.rest()
            cursor.done()
        return iter(())

    def _offer(self, cursor: Cursor) -> None:
        if self.agreed <= OLD:
            number = cursor.u32()
            self.row["rfb_security"] = SECURITY.get(number, str(number))
        else:
            numbers = cursor.take(cursor.take(1)[0])
            if numbers:
                self.row["rfb_security_offered"] = [SECURITY.get(number, str(number)) for number in numbers]
                cursor.done()
                return
            number = 0
        if number == 0:
            self.row["rfb_refusal"] = plain(cursor.take(min(cursor.u32(), cursor.left)))
        cursor.done()

    def close(self) -> Iterator[Row]:
        """Tell what was agreed on."""
        if self.row and not self.is_told:
            self.is_told = True
            yield RFB, self.row
