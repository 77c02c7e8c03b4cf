"""IEC 60870-5-104: a row per unit of telecontrol data, and per start, stop and test of the link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

START = 0x68
LEAST, MOST = 4, 253
"""Bytes behind the length: control fields alone, and the longest unit (IEC 60870-5-104, 5.1)."""

LINK = {
    0x07: "start", 0x0B: "start confirmed", 0x13: "stop", 0x23: "stop confirmed", 0x43: "test", 0x83: "test confirmed",
}  # fmt: skip
TYPES = {
    1: "single point", 3: "double point", 5: "step position", 7: "bit string", 9: "measured value normalized",
    11: "measured value scaled", 13: "measured value float", 15: "integrated totals", 21: "measured value normalized",
    30: "single point with time", 31: "double point with time", 34: "measured value normalized with time",
    35: "measured value scaled with time", 36: "measured value float with time", 37: "integrated totals with time",
    45: "single command", 46: "double command", 47: "step command", 48: "set point normalized", 49: "set point scaled",
    50: "set point float", 51: "bit string command", 58: "single command with time", 59: "double command with time",
    63: "set point float with time", 70: "end of initialization", 100: "interrogation", 101: "counter interrogation",
    102: "read", 103: "clock synchronization", 104: "test", 105: "reset process", 107: "test with time",
    120: "file ready", 121: "section ready", 122: "call file", 123: "last section", 124: "acknowledge file",
    125: "segment", 126: "directory",
}  # fmt: skip
CAUSES = {
    1: "periodic", 2: "background scan", 3: "spontaneous", 4: "initialized", 5: "requested", 6: "activation",
    7: "activation confirmed", 8: "deactivation", 9: "deactivation confirmed", 10: "activation ended",
    13: "file transfer", 20: "interrogated", 37: "counters interrogated", 44: "unknown type", 45: "unknown cause",
    46: "unknown address", 47: "unknown object",
}  # fmt: skip

IEC104 = Table("iec104", "Telecontrol of substations over IEC 104: one row per unit with data or on the link.", (
    *STAMP,
    IS_ORIG,
    Field("iec104_type", "text", "What the unit holds, such as a single command or a measured value; or a state."),
    Field("iec104_cause", "text", "Why it was sent, such as spontaneous, activation, interrogated."),
    Field("iec104_station", "int32", "Common address of the station."),
    Field("iec104_object", "int64", "Address of the first object."),
    Field("iec104_objects", "int32", "Objects in the unit."),
    Field("is_negative", "bool", "Whether a command was refused."),
))  # fmt: skip


class Iec104(Protocol):
    """IEC 104; acknowledgements alone make no row."""

    name = "iec104"
    title = "IEC 60870-5-104"
    spec = "IEC 60870-5-104"
    carriers = (Carrier.TCP,)
    ports = (2404,)
    signatures = (
        *(Signature(f"6804 {control:02x} 000000") for control in LINK),
        Signature("68", minimum=LEAST + 2),
    )
    tables = (IEC104,)
    family = "industrial"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Units that fill the payload one after another; one alone is believed on its port only."""
        at, n_units = 0, 0
        while at < len(payload):
            size = payload[at + 1] if at + 2 <= len(payload) else 0
            if payload[at] != START or not LEAST <= size <= MOST or at + 2 + size > len(payload):
                return Match.NO
            if not _is_control(payload[at + 2 : at + 2 + size]):
                return Match.NO
            at, n_units = at + 2 + size, n_units + 1
        return Match.YES if n_units > 1 else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one unit."""
        start, size = cursor.take(2)
        if start != START or not LEAST <= size <= MOST:
            raise cursor.fail("unit does not begin as one does")
        unit = cursor.take(size)
        row: dict[str, Any] = {"is_orig": side == Side.ORIGINATOR}
        if unit[0] & 3 == 3:
            yield IEC104, row | {"iec104_type": f"link {LINK.get(unit[0], 'unknown')}"}
        elif not unit[0] & 1 and size >= 10:
            yield IEC104, row | _fields(unit[4:])


def _is_control(unit: bytes) -> bool:
    """Return whether control fields are as their format wants them, and data has a type."""
    if unit[0] & 3 == 3:
        return len(unit) == LEAST and unit[0] in LINK and not any(unit[1:4])
    if unit[0] & 1:
        return len(unit) == LEAST and unit[0] == 1 and unit[1] == 0 and not unit[2] & 1
    return len(unit) >= 10 and not unit[2] & 1 and unit[4] in TYPES


def _fields(unit: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {
        "iec104_type": TYPES.get(unit[0], f"type {unit[0]}"),
        "iec104_objects": unit[1] & 0x7F,
        "iec104_cause": CAUSES.get(unit[2] & 0x3F, f"cause {unit[2] & 0x3F}"),
        "is_negative": bool(unit[2] & 0x40),
        "iec104_station": int.from_bytes(unit[4:6], "little"),
    }
    if len(unit) >= 9:
        row["iec104_object"] = int.from_bytes(unit[6:9], "little")
    return row
