"""SOME/IP, calls between control units of a vehicle (AUTOSAR PRS_SOMEIPProtocol): a row per kind of message."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

HEAD_BYTES = 16
LENGTH_FROM = 8
"""The length counts from the request's number on (PRS_SOMEIP_00042)."""

VERSION = 1
KINDS = {
    0x00: "request", 0x01: "request without answer", 0x02: "notification", 0x40: "request acknowledged",
    0x80: "response", 0x81: "error",
}  # fmt: skip
SEGMENTED = 0x20
"""Set where the message is cut into several datagrams (SOME/IP-TP)."""

MAX_RETURN = 0x5E
MAX_SEEN = 1024
"""Kinds of message told of one flow; a service has some dozens of methods."""

MAX_MESSAGE = 1 << 22
"""Largest message believed over TCP: AUTOSAR systems carry pictures of some megabytes at most."""

SOMEIP = Table("someip", "Services that control units of a vehicle call: one row per kind of message in a flow.", (
    *STAMP,
    IS_ORIG,
    Field("someip_service", "int32", "Number of the service; 65535 is service discovery."),
    Field("someip_method", "int32", "Number of the method; from 32768 on of the event."),
    Field("someip_kind", "text", "What the message is: request, response, notification, error."),
    Field("someip_client", "int32", "Number of the client that asks."),
    Field("someip_interface", "int16", "Version of the service's interface."),
    Field("someip_return_code", "int16", "Outcome; 0 where all is well."),
    Field("is_segmented", "bool", "Whether the message is cut into several datagrams."),
))  # fmt: skip


class Someip(Protocol):
    """SOME/IP over UDP and TCP, its service discovery among it by name only."""

    name = "someip"
    title = "Scalable service-oriented middleware over IP"
    spec = "AUTOSAR PRS_SOMEIPProtocol"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (30490, 30491, 30501, 30509)
    signatures = (Signature("0000", offset=4, minimum=HEAD_BYTES),)
    tables = (SOMEIP,)
    family = "vehicle"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.seen: set[tuple[Side, bytes, int]] = set()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Messages of the length and kind they say, one after another to the end."""
        at = 0
        while at + HEAD_BYTES <= len(payload):
            head = payload[at : at + HEAD_BYTES]
            size = int.from_bytes(head[4:8], "big")
            if size < LENGTH_FROM or not is_head(head):
                return Match.NO
            at += LENGTH_FROM + size
        is_named = len(payload) >= HEAD_BYTES and any(payload[:2]) and any(payload[2:4])
        return Match.YES if at == len(payload) and is_named else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; a kind that came before makes no row."""
        head = cursor.take(HEAD_BYTES)
        size = int.from_bytes(head[4:8], "big")
        if not is_head(head) or not LENGTH_FROM <= size <= MAX_MESSAGE:
            raise cursor.fail("head of a message is not right")
        cursor.skip(size - LENGTH_FROM)
        kind = (side, head[:4], head[14])
        if kind in self.seen or len(self.seen) >= MAX_SEEN:
            return
        self.seen.add(kind)
        yield (
            SOMEIP,
            {
                "is_orig": side == Side.ORIGINATOR,
                "someip_service": int.from_bytes(head[:2], "big"),
                "someip_method": int.from_bytes(head[2:4], "big"),
                "someip_kind": KINDS[head[14] & ~SEGMENTED],
                "someip_client": int.from_bytes(head[8:10], "big"),
                "someip_interface": head[13],
                "someip_return_code": head[15],
                "is_segmented": bool(head[14] & SEGMENTED),
            },
        )


def is_head(head: bytes) -> bool:
    """Return whether version, kind and return code are ones there are."""
    return head[12] == VERSION and head[14] & ~SEGMENTED in KINDS and head[15] <= MAX_RETURN
