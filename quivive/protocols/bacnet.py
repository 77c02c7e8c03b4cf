"""BACnet/IP (ASHRAE 135, annex J): a row per message to and from the devices of a building."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

MARK = 0x81
FORWARDED = 4
WITH_NETWORK = {4: 10, 9: 4, 10: 4, 11: 4}
"""Functions of the virtual link that carry a message, and where its network head begins."""

LINK_FUNCTIONS = {
    0: "result", 1: "write broadcast table", 2: "read broadcast table", 3: "broadcast table", 4: "forwarded",
    5: "register foreign device", 6: "read foreign devices", 7: "foreign devices", 8: "delete foreign device",
    9: "distribute broadcast", 10: "unicast", 11: "broadcast", 12: "secure",
}  # fmt: skip
KINDS = (
    "confirmed request", "unconfirmed request", "simple answer", "complex answer", "segment answer", "error", "reject",
    "abort",
)  # fmt: skip
CONFIRMED = {
    0: "acknowledge alarm", 1: "change of value", 2: "event", 3: "alarm summary", 5: "subscribe change of value",
    6: "read file", 7: "write file", 8: "add list element", 9: "remove list element", 10: "create object",
    11: "delete object", 12: "read property", 14: "read properties", 15: "write property", 16: "write properties",
    17: "communication control", 18: "private transfer", 20: "reinitialize device", 26: "read range",
    28: "subscribe property", 29: "event information",
}  # fmt: skip
UNCONFIRMED = {
    0: "I am", 1: "I have", 2: "change of value", 3: "event", 4: "private transfer", 5: "text message",
    6: "time synchronization", 7: "who has", 8: "who is", 9: "UTC time synchronization", 10: "write group",
}  # fmt: skip
CONFIRMED_REQUEST, UNCONFIRMED_REQUEST = 0, 1
SERVICE_AT = {CONFIRMED_REQUEST: 3, UNCONFIRMED_REQUEST: 1, 2: 2, 3: 2, 5: 2}
I_AM = bytes.fromhex("c4 02")
"""Application tag of an object identifier, and the object type of a device in its upper bits."""

BACNET = Table("bacnet", "What the devices of a building say to one another: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("bacnet_link", "text", "Function of the virtual link: unicast, broadcast, register foreign device ..."),
    Field("bacnet_kind", "text", "Whether it asks, answers, refuses."),
    Field("bacnet_service", "text", "Service: read property, write property, who is, reinitialize device ..."),
    Field("bacnet_device", "int64", "Number of the device that says I am."),
))  # fmt: skip


class Bacnet(Protocol):
    """BACnet over UDP, whose length field must be right."""

    name = "bacnet"
    title = "BACnet/IP"
    spec = "ASHRAE 135, annex J"
    carriers = (Carrier.UDP,)
    ports = (47808,)
    signatures = (Signature("810? 0?", minimum=4),)
    tables = (BACNET,)
    family = "building"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The length is right, and a network head follows where there should be one."""
        if len(payload) < 4 or payload[0] != MARK or int.from_bytes(payload[2:4], "big") != len(payload):
            return Match.NO
        at = WITH_NETWORK.get(payload[1])
        if at is None:
            return Match.YES if payload[1] in LINK_FUNCTIONS else Match.NO
        return Match.YES if payload[at : at + 1] == b"\x01" else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        if len(payload) < 4 or payload[0] != MARK:
            raise Malformed("message does not begin as one does", 0)
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "bacnet_link": LINK_FUNCTIONS.get(payload[1], f"function {payload[1]}"),
        }
        if payload[1] in WITH_NETWORK:
            row |= _application(payload, _behind_network(payload, WITH_NETWORK[payload[1]]))
        yield BACNET, row


def _behind_network(payload: bytes, at: int) -> int:
    """Return where the application's unit begins, -1 where there is none (ASHRAE 135, 6.2)."""
    if at + 2 > len(payload) or payload[at + 1] & 0x80:
        return -1
    control, at = payload[at + 1], at + 2
    for is_there in (control & 0x20, control & 0x08):
        if is_there:
            if at + 3 > len(payload):
                return -1
            at += 3 + payload[at + 2]
    return at + (1 if control & 0x20 else 0)


def _application(payload: bytes, at: int) -> dict[str, Any]:
    if not 0 <= at < len(payload):
        return {}
    unit = payload[at:]
    kind = unit[0] >> 4
    if kind >= len(KINDS):
        return {}
    row: dict[str, Any] = {"bacnet_kind": KINDS[kind]}
    where = SERVICE_AT.get(kind, len(unit)) + (2 if kind == CONFIRMED_REQUEST and unit[0] & 8 else 0)
    if where < len(unit):
        names = UNCONFIRMED if kind == UNCONFIRMED_REQUEST else CONFIRMED
        row["bacnet_service"] = names.get(unit[where], f"service {unit[where]}")
        if kind == UNCONFIRMED_REQUEST and unit[where] == 0 and unit[2:4] == I_AM and len(unit) >= 7:
            row["bacnet_device"] = int.from_bytes(unit[3:7], "big") & 0x3FFFFF
    return row
