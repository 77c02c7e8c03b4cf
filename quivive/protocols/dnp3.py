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
ANSWERS = 129
WITHOUT_DATA = frozenset((1, 7, 8, 9, 10, 20, 21, 22))
"""Functions whose objects are named only."""

RANGES = {0: (2, True), 1: (4, True), 2: (8, True), 7: (1, False), 8: (2, False), 9: (4, False), 11: (1, False)}
"""Bytes of the range by qualifier, and whether they are first and last; 6 means all."""

MAX_HEADS = 64
"""Heads read of one message: 249 bytes of a frame hold 83 of the shortest."""


DNP3 = Table("dnp3", "What control centres and outstations say in DNP3: one row per frame.", (
    *STAMP,
    IS_ORIG,
    Field("dnp3_function", "text", "Function asked for or answered, such as read, operate, cold restart."),
    Field("dnp3_src", "int32", "Address of the sending station."),
    Field("dnp3_dst", "int32", "Address of the station it is for."),
    Field("is_from_master", "bool", "Whether the frame says that it comes from the master."),
    Field("dnp3_indications", "int32", "Internal indications of a response: 16 bits on the state of the outstation."),
    Field("dnp3_function_code", "int32", "The function as a number."),
    Field("dnp3_link_control", "int32", "Octet of control of the frame: direction, primary, count bits, function."),
    Field("dnp3_application_control", "int32", "Octet of control of the message: first, final, confirm, unsolicited."),
    Field("dnp3_objects", "texts", "What is asked for or told: group, variation, which: 60.2 all, 30.1 0-9."),
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
            "dnp3_link_control": head[3],
        }
        if head[3] & 0x0F in USER_DATA and head[3] & 0x40 and size >= 3:
            if blocks[0] & 0x40:  # the first frame of a fragment holds its function
                row |= read_message(without_check_sums(blocks)[1:])
                yield DNP3, row
        else:
            row["dnp3_function"] = LINK_FUNCTIONS.get(head[3] & 0x0F, f"link function {head[3] & 0x0F}")
            yield DNP3, row


def without_check_sums(blocks: bytes) -> bytes:
    """Return the data of a frame's blocks."""
    step = BLOCK_BYTES + 2
    return b"".join(blocks[at : min(at + step, len(blocks)) - 2] for at in range(0, len(blocks), step))


def read_message(message: bytes) -> dict[str, Any]:
    """Return what the head of an application's message says (IEEE 1815, 4.2)."""
    code = message[1]
    row: dict[str, Any] = {
        "dnp3_function": FUNCTIONS.get(code, f"function {code}"),
        "dnp3_function_code": code,
        "dnp3_application_control": message[0],
    }
    at = 2
    if code >= ANSWERS and len(message) >= 4:
        row["dnp3_indications"] = int.from_bytes(message[2:4], "big")
        at = 4
    objects = list(object_heads(message, at, with_data=code not in WITHOUT_DATA))
    return row | ({"dnp3_objects": objects} if objects else {})


def object_heads(message: bytes, at: int, *, with_data: bool) -> Iterator[str]:
    """Yield the heads of objects; where data follow them, only the first (IEEE 1815, 4.2.2.7)."""
    for _ in range(1 if with_data else MAX_HEADS):
        if at + 3 > len(message):
            return
        group, variation, qualifier = message[at : at + 3]
        size, is_range = RANGES.get(qualifier & 0x0F, (0, False))
        parts = message[at + 3 : at + 3 + size]
        if len(parts) < size:
            return
        yield f"{group}.{variation} {_which(parts, is_range)}"
        at += 3 + size


def _which(parts: bytes, is_range: bool) -> str:
    if not parts:
        return "all"
    if is_range:
        half = len(parts) // 2
        return f"{int.from_bytes(parts[:half], 'little')}-{int.from_bytes(parts[half:], 'little')}"
    return f"{int.from_bytes(parts, 'little')} of them"


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
