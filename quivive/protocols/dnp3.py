"""Distributed Network Protocol 3 (IEEE 1815): a row per frame that carries an application's request or answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

START = b"\x05\x64"
HEAD_BYTES = 10
BLOCK_BYTES = 16
LEAST = 5
"""Least length a frame may state: control and the two addresses (IEEE 1815, 9.2.4)."""

FUNCTIONS = {
    0: "confirm", 1: "read", 2: "write", 3: "select", 4: "operate", 5: "direct operate", 6: "direct operate no answer",
    7: "freeze", 8: "freeze no answer", 9: "freeze and clear", 13: "cold restart", 14: "warm restart",
    15: "initialize data", 16: "initialize application", 17: "start application", 18: "stop application",
    19: "save configuration", 20: "enable unsolicited", 21: "disable unsolicited", 22: "assign class",
    23: "delay measurement", 24: "record time", 25: "open file", 26: "close file", 27: "delete file",
    28: "file information", 29: "authenticate file", 30: "abort file", 32: "authentication request",
    129: "response", 130: "unsolicited response", 131: "authentication response",
}  # fmt: skip
LINK_FUNCTIONS = {0: "reset link", 2: "test link", 9: "link status", 11: "link status answer"}
USER_DATA = (3, 4)

DNP3 = Table("dnp3", "What control centres and outstations say in DNP3: one row per frame.", (
    *STAMP,
    IS_ORIG,
    Field("dnp3_function", "text", "Function asked for or answered, such as read, operate, cold restart."),
    Field("dnp3_src", "int32", "Address of the sending station."),
    Field("dnp3_dst", "int32", "Address of the station it is for."),
    Field("is_from_master", "bool", "Whether the frame says that it comes from the master."),
    Field("dnp3_indications", "int32", "Internal indications of a response: 16 bits on the state of the outstation."),
))  # fmt: skip


class Dnp3(Protocol):
    """DNP3 over TCP and UDP; the check sum of the frame's head tells it from anything else."""

    name = "dnp3"
    title = "Distributed Network Protocol 3"
    spec = "IEEE 1815"
    carriers = (Carrier.TCP, Carrier.UDP)
    ports = (20000, 19999)
    signatures = (Signature(START, minimum=HEAD_BYTES),)
    tables = (DNP3,)
    family = "industrial"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The head's check sum holds."""
        return Match.YES if is_head(payload[:HEAD_BYTES]) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one frame: a head, then blocks of sixteen bytes with a check sum each."""
        head = cursor.take(HEAD_BYTES)
        if not is_head(head):
            raise cursor.fail("head of a frame is not right")
        size = head[2] - LEAST
        blocks = cursor.take(size + 2 * -(-size // BLOCK_BYTES))
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "dnp3_dst": int.from_bytes(head[4:6], "little"),
            "dnp3_src": int.from_bytes(head[6:8], "little"),
            "is_from_master": bool(head[3] & 0x80),
        }
        if head[3] & 0x0F in USER_DATA and head[3] & 0x40 and size >= 3:
            if blocks[0] & 0x40:  # the first frame of a fragment holds its function
                row["dnp3_function"] = FUNCTIONS.get(blocks[2], f"function {blocks[2]}")
                if blocks[2] >= 129 and size >= 5:
                    row["dnp3_indications"] = int.from_bytes(blocks[3:5], "big")
                yield DNP3, row
        else:
            row["dnp3_function"] = LINK_FUNCTIONS.get(head[3] & 0x0F, f"link function {head[3] & 0x0F}")
            yield DNP3, row


def is_head(head: bytes) -> bool:
    """Return whether ten bytes are the head of a frame."""
    is_framed = len(head) == HEAD_BYTES and head.startswith(START) and head[2] >= LEAST
    return is_framed and check_sum(head[:8]) == int.from_bytes(head[8:], "little")


def check_sum(data: bytes) -> int:
    """Return the check sum of IEEE 1815, 9.2.7: the polynomial 0x3D65 taken from its low end, the result inverted."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA6BC if value & 1 else 0)
    return value ^ 0xFFFF
