"""Simple Service Discovery Protocol of UPnP (UPnP Device Architecture 2.0, chapter 1): one row per message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row
from quivive.messages.wire_text import plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, METHOD, STAMP, STATUS_CODE, USER_AGENT
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

MAX_HEADERS = 64
"""Header lines of one message; devices send about ten."""

SEARCH, ANNOUNCE, ANSWERS = b"M-SEARCH * HTTP/1.", b"NOTIFY * HTTP/1.", (b"HTTP/1.1 ", b"HTTP/1.0 ")
LIFETIME = re.compile(rb"max-age\s{0,8}=\s{0,8}(\d{1,9})", re.IGNORECASE)

FIELDS = {
    b"st": "ssdp_target",
    b"nt": "ssdp_target",
    b"usn": "ssdp_usn",
    b"nts": "ssdp_event",
    b"location": "ssdp_location",
    b"al": "ssdp_location",
    b"server": "ssdp_server",
    b"user-agent": "user_agent",
}

SSDP = Table("ssdp", "Devices of the local network that are looked for or announce themselves: one row per message.", (
    *STAMP,
    IS_ORIG,
    METHOD,
    STATUS_CODE,
    Field("ssdp_target", "text", "Kind of device or service that is looked for or announced."),
    Field("ssdp_event", "text", "What an announcement says: ssdp:alive, ssdp:byebye, ssdp:update."),
    Field("ssdp_usn", "text", "Unique name of the device and service."),
    Field("ssdp_location", "text", "Where the device describes itself."),
    Field("ssdp_server", "text", "System and software of the device, as it names them."),
    Field("ssdp_lifetime_s", "int64", "Seconds for which the announcement holds.", "s"),
    USER_AGENT,
))  # fmt: skip


class Ssdp(Protocol):
    """SSDP: searches, announcements and answers."""

    name = "ssdp"
    title = "Simple Service Discovery Protocol"
    spec = "UPnP Device Architecture 2.0"
    carriers = (Carrier.UDP,)
    ports = (1900,)
    signatures = (SEARCH, ANNOUNCE, *ANSWERS)
    tables = (SSDP,)
    family = "name"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The first line is one of three."""
        return Match.YES if payload.startswith((SEARCH, ANNOUNCE, *ANSWERS)) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; a body, which none should have, is passed over."""
        payload = cursor.rest()
        first, _, rest = payload.partition(b"\n")
        row: dict[str, Any] = {"is_orig": side == Side.ORIGINATOR}
        words = first.split()
        if first.startswith(ANSWERS) and len(words) > 1 and words[1].isdigit():
            row["status_code"] = int(words[1][:9])
        elif first.startswith((SEARCH, ANNOUNCE)):
            row["method"] = plain(words[0])
        else:
            raise Malformed("first line is neither request nor answer", 0)
        yield SSDP, row | _header_fields(rest)


def _header_fields(head: bytes) -> dict[str, Any]:
    """Return what the header says; of a name that stands twice the first counts."""
    row: dict[str, Any] = {}
    for line in head.split(b"\n", MAX_HEADERS)[:MAX_HEADERS]:
        name, colon, value = line.partition(b":")
        if not line.strip():
            break
        key = name.strip().lower()
        lifetime = LIFETIME.search(value) if key == b"cache-control" else None
        if lifetime:
            row.setdefault("ssdp_lifetime_s", int(lifetime[1]))
        elif colon and key in FIELDS and value.strip():
            row.setdefault(FIELDS[key], plain(value.strip()))
    return row
