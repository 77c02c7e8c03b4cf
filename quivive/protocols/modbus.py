"""Modbus over TCP (Application Protocol 1.1b3; Messaging on TCP/IP 1.0b): who reads and writes which registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.wire_text import cut, plain
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES

TABLE = Table(
    "modbus",
    "Requests to controllers and meters, and their responses.",
    (
        *STAMP,
        Field("is_request", "bool", "Whether it is a request, not a response."),
        Field("modbus_transaction", "int32", "Number that joins a response to its request."),
        Field("unit_id", "int32", "Device behind the address; 0 or 255 for the address itself."),
        Field("function_code", "int32", "Number of the function."),
        Field("function_name", "text", "What the function does, as the standard names it."),
        Field("subfunction", "int32", "Which diagnostic, or which encapsulated interface, is meant."),
        Field("modbus_address", "int32", "First coil or register that is meant; in responses that of the request."),
        Field("modbus_quantity", "int32", "Number of coils or registers that are meant; in responses as asked for."),
        Field("written_values", "text", "Values that are written, in order; coils as 0 and 1."),
        Field("exception_code", "int32", "Why the device refuses, as a number."),
        Field("exception_text", "text", "Why the device refuses, as the standard says it."),
        Field("device_identity", "text", "What the device says of itself: vendor, product, revision and so on."),
        Field("round_trip_ms", "float64", "Time from a call to its answer.", "ms"),
    ),
)

FUNCTIONS = {
    1: "Read Coils",
    2: "Read Discrete Inputs",
    3: "Read Holding Registers",
    4: "Read Input Registers",
    5: "Write Single Coil",
    6: "Write Single Register",
    7: "Read Exception Status",
    8: "Diagnostics",
    11: "Get Comm Event Counter",
    12: "Get Comm Event Log",
    15: "Write Multiple Coils",
    16: "Write Multiple Registers",
    17: "Report Server ID",
    20: "Read File Record",
    21: "Write File Record",
    22: "Mask Write Register",
    23: "Read/Write Multiple Registers",
    24: "Read FIFO Queue",
    43: "Encapsulated Interface Transport",
    90: "UMAS",  # Schneider Electric's own: programs and stops its controllers
}

EXCEPTIONS = {
    1: "Illegal function",
    2: "Illegal data address",
    3: "Illegal data value",
    4: "Server device failure",
    5: "Acknowledge",
    6: "Server device busy",
    8: "Memory parity error",
    10: "Gateway path unavailable",
    11: "Gateway target device failed to respond",
}

REFUSED = 0x80
"""Added to the function code in a response that refuses."""

SMALLEST, LARGEST = 2, 1024
"""What the length field may say; the standard allows 254 (Messaging on TCP/IP, 4.1), Schneider's controllers more."""

HEAD_BYTES = 6

PLACE = ("modbus_address", "modbus_quantity", "subfunction")
"""What a response does not repeat, or not in every function."""

OPEN_REQUESTS = 256
"""Requests remembered; devices take 1 to 16 at a time."""

IDENTIFICATION = 14
"""Encapsulated interface that reads a device's identification."""

REQUEST_BYTES = {**dict.fromkeys((1, 2, 3, 4, 5, 6), 5), **dict.fromkeys((7, 11, 12, 17), 1), 22: 7, 24: 3}
"""Size of the requests that have just one, function code included."""

COUNT_AT = {15: 5, 16: 5, 20: 1, 21: 1, 23: 9}
"""Where other requests count the bytes that follow."""

RESPONSE_BYTES = {**dict.fromkeys((5, 6, 11, 15, 16), 5), 7: 2, 22: 7}
RESPONSE_COUNT_AT = {**dict.fromkeys((1, 2, 3, 4, 12, 17, 20, 21, 23), 1)}


class Request(NamedTuple):
    """What is remembered of a request until it is answered."""

    function: int
    place: dict[str, Any]
    ts_ns: int


class Modbus(Protocol):
    """Modbus/TCP: one row per message."""

    name = "modbus"
    title = "Modbus/TCP"
    spec = "MODBUS Application Protocol 1.1b3"
    carriers = (Carrier.TCP,)
    ports = (502,)
    signatures = (Signature("???? 0000", minimum=HEAD_BYTES + SMALLEST),)
    tables = (TABLE,)
    family = "industrial"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        ends = self.flow.five_tuple
        is_reversed = ends.orig_port in self.ports and ends.resp_port not in self.ports
        self.client = Side.RESPONDER if is_reversed else Side.ORIGINATOR
        self.requests: dict[int, Request] = {}

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Every message fills its segment, and its function has the size that it should have."""
        at, match = 0, Match.NO
        while at + HEAD_BYTES + SMALLEST <= len(payload):
            size = int.from_bytes(payload[at + 4 : at + 6], "big")
            end = at + HEAD_BYTES + size
            if payload[at + 2 : at + 4] != b"\0\0" or not SMALLEST <= size <= LARGEST or end > len(payload):
                return Match.NO
            match = _fits(payload[at + 7 : end], side)
            if match is not Match.YES:
                return match
            at = end
        return match if at == len(payload) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        began = cursor.at
        number, protocol, size = cursor.u16(), cursor.u16(), cursor.u16()
        if protocol or not SMALLEST <= size <= LARGEST:
            raise Malformed("no Modbus header", began)
        body = cursor.part(size)
        unit, function = body.u8(), body.u8()
        is_request = side is self.client
        row: dict[str, Any] = {
            "is_request": is_request,
            "modbus_transaction": number,
            "unit_id": unit,
            "function_code": function & ~REFUSED,
        }
        if name := FUNCTIONS.get(function & ~REFUSED):
            row["function_name"] = name
        try:
            if is_request:
                self._read_request(function, body, row, cursor.ts_ns)
            else:
                self._read_response(function, body, row, cursor.ts_ns)
        except Malformed:
            return iter([(TABLE, row), (ANOMALIES, {"place": self.name, "anomaly": "function data is cut short"})])
        return iter([(TABLE, row)])

    def _read_request(self, function: int, body: Cursor, row: dict[str, Any], ts_ns: int) -> None:
        reader = REQUESTS.get(function)
        if reader:
            row |= reader(body)
        place = {name: value for name, value in row.items() if name in PLACE}
        self.requests[row["modbus_transaction"]] = Request(function, place, ts_ns)
        if len(self.requests) > OPEN_REQUESTS:
            del self.requests[next(iter(self.requests))]

    def _read_response(self, function: int, body: Cursor, row: dict[str, Any], ts_ns: int) -> None:
        request = self.requests.pop(row["modbus_transaction"], None)
        if request and request.function == function & ~REFUSED:
            row |= request.place
            row["round_trip_ms"] = (ts_ns - request.ts_ns) / 1e6
        if function & REFUSED:
            row["exception_code"] = body.u8()
            if text := EXCEPTIONS.get(row["exception_code"]):
                row["exception_text"] = text
        elif function == 43:
            row |= _read_identity(body)
        elif function == 17:
            row["device_identity"] = plain(body.take(body.u8()))


def _fits(message: bytes, side: Side) -> Match:
    """Return whether a message has the size that its function should have; UNSURE if it may have any."""
    function = message[0]
    if function & REFUSED:
        is_refusal = len(message) == 2 and message[1] in EXCEPTIONS and function & ~REFUSED in FUNCTIONS
        return Match.YES if is_refusal else Match.NO
    if function not in FUNCTIONS:
        return Match.UNSURE
    sizes, counts = (REQUEST_BYTES, COUNT_AT) if side is Side.ORIGINATOR else (RESPONSE_BYTES, RESPONSE_COUNT_AT)
    if function in sizes:
        return Match.YES if len(message) == sizes[function] else Match.NO
    at = counts.get(function)
    if at is None:
        return Match.UNSURE
    return Match.YES if len(message) > at and len(message) == at + 1 + message[at] else Match.NO


def _read_place(body: Cursor) -> dict[str, Any]:
    return {"modbus_address": body.u16(), "modbus_quantity": body.u16()}


def _write_coil(body: Cursor) -> dict[str, Any]:
    return {"modbus_address": body.u16(), "modbus_quantity": 1, "written_values": str(int(body.u16() != 0))}


def _write_register(body: Cursor) -> dict[str, Any]:
    return {"modbus_address": body.u16(), "modbus_quantity": 1, "written_values": str(body.u16())}


def _write_coils(body: Cursor) -> dict[str, Any]:
    place = _read_place(body)
    data = body.take(body.u8())
    coils = "".join(f"{byte:08b}"[::-1] for byte in data)[: place["modbus_quantity"]]
    return place | {"written_values": cut(",".join(coils))}


def _write_registers(body: Cursor) -> dict[str, Any]:
    return _read_place(body) | {"written_values": _registers(body.take(body.u8()))}


def _mask_register(body: Cursor) -> dict[str, Any]:
    address, kept, added = body.u16(), body.u16(), body.u16()
    return {"modbus_address": address, "modbus_quantity": 1, "written_values": f"and 0x{kept:04x} or 0x{added:04x}"}


def _read_write(body: Cursor) -> dict[str, Any]:
    """What is written tells more than what is read besides."""
    _read_place(body)
    return _write_registers(body)


def _subfunction(body: Cursor) -> dict[str, Any]:
    return {"subfunction": body.u16()}


def _interface(body: Cursor) -> dict[str, Any]:
    return {"subfunction": body.u8()}


def _address(body: Cursor) -> dict[str, Any]:
    return {"modbus_address": body.u16()}


REQUESTS: dict[int, Callable[[Cursor], dict[str, Any]]] = {
    **dict.fromkeys((1, 2, 3, 4), _read_place),
    5: _write_coil,
    6: _write_register,
    8: _subfunction,
    15: _write_coils,
    16: _write_registers,
    22: _mask_register,
    23: _read_write,
    24: _address,
    43: _interface,
}


def _registers(data: bytes) -> str:
    return cut(",".join(str(int.from_bytes(data[at : at + 2], "big")) for at in range(0, len(data), 2)))


def _read_identity(body: Cursor) -> dict[str, Any]:
    """Read a device's identification (Application Protocol, 6.21): texts of vendor, product, revision and so on."""
    if body.u8() != IDENTIFICATION:
        return {}
    body.take(4)  # which part was asked for, what is supported, whether more follows and from where
    texts = []
    for _ in range(body.u8()):
        body.u8()
        texts.append(plain(body.take(body.u8())))
    identity = cut(" ".join(text for text in texts if text))
    return {"device_identity": identity} if identity else {}
