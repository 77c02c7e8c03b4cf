"""EtherNet/IP encapsulation and the CIP services in it (ODVA, The EtherNet/IP Specification): a row per message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.wire_text import plain
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

HEAD_BYTES = 24
COMMANDS = {
    0x0000: "no operation", 0x0004: "list services", 0x0063: "list identity", 0x0064: "list interfaces",
    0x0065: "register session", 0x0066: "unregister session", 0x006F: "send request", 0x0070: "send unit",
    0x0072: "indicate status", 0x0073: "cancel",
}  # fmt: skip
IDENTITY, REQUEST, UNIT = 0x0063, 0x006F, 0x0070
STATUS_MAX = 0x70
SERVICES = {
    0x01: "get all attributes", 0x02: "set all attributes", 0x05: "reset", 0x06: "start", 0x07: "stop", 0x08: "create",
    0x09: "delete", 0x0A: "multiple services", 0x0E: "get attribute", 0x10: "set attribute", 0x4B: "execute PCCC",
    0x4C: "read tag", 0x4D: "write tag", 0x4E: "forward close", 0x52: "unconnected send", 0x54: "forward open",
    0x55: "get instances",
}  # fmt: skip
UNCONNECTED, CONNECTED = 0x00B2, 0x00B1
MAX_ITEMS = 8
"""Items of one message: address and data, rarely two more."""

ENIP = Table("enip", "What is said to Rockwell and other EtherNet/IP controllers: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("enip_command", "text", "Command of the encapsulation: register session, list identity, send request ..."),
    Field("enip_session", "int64", "Number of the session."),
    Field("enip_status", "int64", "Status of an answer; 0 where all is well."),
    Field("cip_service", "text", "Service asked of an object or answered: read tag, forward open, reset ..."),
    Field("cip_status", "int16", "General status of a CIP answer; 0 where all is well."),
    Field("enip_product", "text", "Name of the product, as the device says."),
    Field("enip_vendor", "int32", "Number of the maker (ODVA)."),
    Field("enip_serial", "text", "Serial number of the device, in hexadecimal."),
))  # fmt: skip


class Enip(Protocol):
    """EtherNet/IP over TCP and UDP port 44818; its real-time data is another matter."""

    name = "enip"
    title = "EtherNet/IP"
    spec = "ODVA: The CIP Networks Library, volume 2"
    carriers = (Carrier.TCP, Carrier.UDP)
    ports = (44818,)
    signatures = (
        Signature("6500 0400 ???????? 00000000", minimum=28),
        Signature("6300 0000 00000000 00000000", minimum=HEAD_BYTES),
        Signature("6F00 ??0? ???????? 00000000 ???????? ???????? 00000000", minimum=HEAD_BYTES),
        Signature("7000 ??0? ???????? 00000000 ???????? ???????? 00000000", minimum=HEAD_BYTES),
        *(Signature(f"{command:02x}00", minimum=HEAD_BYTES) for command in (0x04, 0x63, 0x64, 0x65, 0x66)),
    )
    tables = (ENIP,)
    family = "industrial"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A known command, the right length, a known status, no options."""
        if len(payload) < HEAD_BYTES or _le(payload, 0, 2) not in COMMANDS:
            return Match.NO
        is_right = _le(payload, 2, 2) == len(payload) - HEAD_BYTES and _le(payload, 8, 4) <= STATUS_MAX
        if not is_right or _le(payload, 20, 4):
            return Match.NO
        return Match.YES if _le(payload, 0, 2) else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        head = cursor.take(HEAD_BYTES)
        command = _le(head, 0, 2)
        if command not in COMMANDS:
            raise cursor.fail("command is unknown")
        body = cursor.take(_le(head, 2, 2))
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "enip_command": COMMANDS[command],
            "enip_session": _le(head, 4, 4),
            "enip_status": _le(head, 8, 4),
        }
        if command == IDENTITY and body:
            row |= _identity(body)
        elif command in (REQUEST, UNIT):
            row |= _service(body)
        yield ENIP, row


def _le(payload: bytes, at: int, size: int) -> int:
    return int.from_bytes(payload[at : at + size], "little")


def _identity(body: bytes) -> dict[str, Any]:
    """Return what a device says of itself: behind item, version and socket address (volume 2, 2-4.2.2)."""
    identity = body[2 + 4 + 2 + 16 :]
    if len(identity) < 15:
        return {}
    return {
        "enip_vendor": _le(identity, 0, 2),
        "enip_serial": f"{_le(identity, 10, 4):08x}",
        "enip_product": plain(identity[15 : 15 + identity[14]]),
    }


def _service(body: bytes) -> dict[str, Any]:
    """Return the service in the data item."""
    at = 8
    for _ in range(min(_le(body, 6, 2), MAX_ITEMS)):
        kind, size = _le(body, at, 2), _le(body, at + 2, 2)
        data = body[at + 4 : at + 4 + size]
        if kind in (UNCONNECTED, CONNECTED):
            data = data[2:] if kind == CONNECTED else data
            if not data:
                return {}
            row: dict[str, Any] = {"cip_service": SERVICES.get(data[0] & 0x7F, f"service {data[0] & 0x7F}")}
            return row | ({"cip_status": data[2]} if data[0] & 0x80 and len(data) > 2 else {})
        at += 4 + size
    return {}
