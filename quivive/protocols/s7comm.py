"""S7 communication, as Siemens controllers speak it (public analyses): a row per request and answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

VERSION, MARK, DATA = 3, 0x32, 0xF0
KINDS = {1: "request", 2: "acknowledgement", 3: "answer", 7: "user data"}
WITH_ERROR = (2, 3)
FUNCTIONS = {
    0x00: "CPU services", 0x04: "read variable", 0x05: "write variable", 0x1A: "request download",
    0x1B: "download block", 0x1C: "end download", 0x1D: "start upload", 0x1E: "upload", 0x1F: "end upload",
    0x28: "PLC control", 0x29: "PLC stop", 0xF0: "set up communication",
}  # fmt: skip
GROUPS = {
    1: "programmer commands", 2: "cyclic data", 3: "block functions", 4: "CPU functions", 5: "security", 7: "time",
}  # fmt: skip

TABLE = Table("s7comm", "What is asked of Siemens controllers, and their answers: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("s7comm_kind", "text", "Whether it asks, acknowledges or answers, or is user data."),
    Field("s7comm_function", "text", "Function: read or write variables, download, upload, stop and others."),
    Field("s7comm_reference", "int32", "Number that ties an answer to its request."),
    Field("s7comm_items", "int32", "Variables that are read or written."),
    Field("s7comm_error", "int32", "Error class and code of an answer; 0 where all is well."),
))  # fmt: skip


class S7comm(Protocol):
    """S7comm within COTP data units."""

    name = "s7comm"
    title = "S7 communication"
    spec = "Siemens S7 communication (public analyses)"
    carriers = (Carrier.TCP,)
    ports = (102,)
    signatures = (Signature("0300 ???? 02F080 32", minimum=17),)
    tables = (TABLE,)
    family = "industrial"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its signature is sure; a port alone proves nothing."""
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one packet; what is no S7 unit (a connection closed, an empty fragment) is left out."""
        if cursor.take(1)[0] != VERSION:
            raise cursor.fail("version of the packet is not 3")
        cursor.take(1)
        size = cursor.u16()
        if size < 7:
            raise cursor.fail("packet is shorter than its head")
        unit = cursor.take(size - 4)
        if unit[1] == DATA and len(unit) > 3 and unit[3] == MARK:
            yield TABLE, {"is_orig": side == Side.ORIGINATOR, **_fields(unit[3:])}


def _fields(unit: bytes) -> dict[str, Any]:
    if len(unit) < 10:
        raise Malformed("unit is shorter than its head", len(unit))
    kind = unit[1]
    row: dict[str, Any] = {
        "s7comm_kind": KINDS.get(kind, f"kind {kind}"),
        "s7comm_reference": int.from_bytes(unit[4:6], "big"),
    }
    at = 10
    if kind in WITH_ERROR:
        row["s7comm_error"] = int.from_bytes(unit[10:12], "big")
        at = 12
    parameters = unit[at : at + int.from_bytes(unit[6:8], "big")]
    if kind == 7 and len(parameters) >= 6:
        row["s7comm_function"] = GROUPS.get(parameters[5] & 0x0F, f"group {parameters[5] & 0x0F}")
    elif parameters:
        row["s7comm_function"] = FUNCTIONS.get(parameters[0], f"function {parameters[0]}")
        if parameters[0] in (4, 5) and len(parameters) > 1:
            row["s7comm_items"] = parameters[1]
    return row
