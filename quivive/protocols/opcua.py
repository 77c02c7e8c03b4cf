"""OPC UA over TCP (OPC 10000-6): a row per hello, secure channel and error, and one for the first message each way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.wire_text import plain
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

HEAD_BYTES = 8
KINDS = {
    b"HEL": "hello", b"ACK": "acknowledge", b"ERR": "error", b"RHE": "reverse hello", b"OPN": "open channel",
    b"MSG": "message", b"CLO": "close channel",
}  # fmt: skip
MAX_CHUNK = 1 << 24
"""Largest chunk believed: servers grant 64 kB to some megabytes."""

POLICY = "http://opcfoundation.org/UA/SecurityPolicy#"
NULL = 0xFFFFFFFF

OPCUA = Table("opcua", "OPC UA connections between control systems: one row per step of their opening.", (
    *STAMP,
    IS_ORIG,
    Field("opcua_message", "text", "What the message is: hello, acknowledge, open channel, message, error ..."),
    Field("opcua_endpoint", "text", "Address of the server that the client asks for."),
    Field("opcua_policy", "text", "How the channel is secured; None means that it is not."),
    Field("opcua_channel", "int64", "Number of the secure channel."),
    Field("opcua_error", "int64", "Status code of an error."),
    Field("opcua_reason", "text", "The error in words."),
))  # fmt: skip


class Opcua(Protocol):
    """OPC UA's connection protocol; the services within are not read."""

    name = "opcua"
    title = "OPC Unified Architecture"
    spec = "OPC 10000-6"
    carriers = (Carrier.TCP,)
    ports = (4840,)
    signatures = (b"HELF", b"ACKF", b"OPNF", b"RHEF", Signature("4d5347 46 ??????00 ????????"), Signature(b"ERRF"))
    tables = (OPCUA,)
    family = "industrial"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.has_message: set[Side] = set()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its signatures are sure; a port alone proves nothing."""
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one chunk; of messages only the first of a side makes a row."""
        head = cursor.take(HEAD_BYTES)
        size = int.from_bytes(head[4:], "little")
        if head[:3] not in KINDS or not HEAD_BYTES <= size <= MAX_CHUNK:
            raise cursor.fail("chunk does not begin as one does")
        row: dict[str, Any] = {"is_orig": side == Side.ORIGINATOR, "opcua_message": KINDS[head[:3]]}
        if head[:3] in (b"MSG", b"CLO"):
            if size < HEAD_BYTES + 4:
                raise cursor.fail("chunk is shorter than its head")
            row["opcua_channel"] = cursor.le32()
            cursor.skip(size - HEAD_BYTES - 4)
            if side in self.has_message and head[:3] == b"MSG":
                return
            self.has_message.add(side)
        else:
            row |= _fields(head[:3], cursor.take(size - HEAD_BYTES))
        yield OPCUA, row


def _fields(kind: bytes, body: bytes) -> dict[str, Any]:
    if kind == b"HEL":
        return {"opcua_endpoint": _text(body, 20)}
    if kind == b"RHE":
        uri = _text(body, 0) or ""
        return {"opcua_endpoint": _text(body, 4 + len(uri))}
    if kind == b"ERR":
        return {"opcua_error": int.from_bytes(body[:4], "little"), "opcua_reason": _text(body, 4)}
    if kind == b"OPN":
        policy = _text(body, 4)
        return {
            "opcua_channel": int.from_bytes(body[:4], "little"),
            "opcua_policy": policy.removeprefix(POLICY) if policy else None,
        }
    return {}


def _text(body: bytes, at: int) -> str | None:
    """Return a string with its length before it; none where it is null or cut off."""
    size = int.from_bytes(body[at : at + 4], "little")
    if at + 4 > len(body) or size == NULL or at + 4 + size > len(body):
        return None
    return plain(body[at + 4 : at + 4 + size])
