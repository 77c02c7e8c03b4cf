"""DCE/RPC calls ([C706] chapter 12, [MS-RPCE]), over TCP or in a named pipe: what was called and how it ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quivive.kit.protocol import Row
from quivive.messages import spnego
from quivive.messages.dcerpc_interfaces import interface_name, operation_name
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES, PROTOCOL

NAMED_PIPE = Field("named_pipe", "text", "Pipe to a Windows service, opened as a file of IPC$.")

DCERPC = Table(
    "dcerpc",
    "Remote procedure calls, one row per call and its answer.",
    (
        *STAMP,
        PROTOCOL,
        NAMED_PIPE,
        Field("dcerpc_interface", "text", "Short name of the service called, or its UUID where it has none here."),
        Field("dcerpc_uuid", "text", "UUID of the service called."),
        Field("dcerpc_operation", "text", "Name of the operation called."),
        Field("dcerpc_opnum", "int32", "Number of the operation called."),
        Field("dcerpc_version", "text", "Version of the protocol: 5.0 with connections, 4.0 without."),
        Field("dcerpc_call_id", "int64", "Number that joins a call to its answer."),
        Field("dcerpc_request_parts", "int32", "Messages that the call was sent in."),
        Field("dcerpc_response_parts", "int32", "Messages that the answer came in."),
        Field(
            "dcerpc_status", "text", "How it ended: answered, the fault's name, refused, bound only; empty if not seen."
        ),
        Field("dcerpc_auth", "text", "How the caller logged in: NTLM, SPNEGO, Kerberos, Netlogon."),
        Field("dcerpc_auth_level", "text", "How calls are protected: connect, integrity, privacy ..."),
        Field("dcerpc_request_bytes", "int64", "Size of the call's arguments.", "bytes"),
        Field("dcerpc_response_bytes", "int64", "Size of the answer's results.", "bytes"),
    ),
)

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_RESPONSE, AUTH3 = 0, 2, 3, 11, 12, 13, 14, 15, 16
LAST_KIND = 20

FIRST_FRAGMENT, LAST_FRAGMENT, HAS_OBJECT = 0x01, 0x02, 0x80

HEADER_BYTES = 16
CALL_HEAD_BYTES = 28
"""What is read of calls and answers: header, context, operation, and a fault's status."""

AUTH_TRAILER_BYTES = 8

DATAGRAM_HEADER_BYTES = 80
LAST_DATAGRAM_KIND = 10
LAST_PART, IS_PART = 0x02, 0x04
REJECT = 6

AUTH_KINDS = {9: "SPNEGO", 10: "NTLM", 14: "TLS", 16: "Kerberos", 68: "Netlogon"}
AUTH_LEVELS = {1: "none", 2: "connect", 3: "call", 4: "packet", 5: "integrity", 6: "privacy"}

FAULTS = {
    0x00000005: "access denied",
    0x000006F7: "bad stub data",
    0x00000721: "security package error",
    0x1C000001: "nca_s_fault_int_div_by_zero",
    0x1C000002: "nca_s_fault_addr_error",
    0x1C000009: "nca_s_fault_invalid_tag",
    0x1C00000D: "nca_s_fault_cancel",
    0x1C000012: "nca_s_fault_unspec",
    0x1C00001A: "nca_s_fault_context_mismatch",
    0x1C010002: "nca_s_op_rng_error",
    0x1C010003: "nca_s_unk_if",
    0x1C01000B: "nca_s_proto_error",
    0x1C010013: "nca_s_out_args_too_big",
    0x1C010014: "nca_s_server_too_busy",
    0x1C010017: "nca_s_unsupported_type",
}
"""[C706] appendix E, and Windows errors that servers answer instead."""

MAX_CONTEXTS = 256
"""Interfaces bound in one association: one octet counts them."""

MAX_CALLS = 256
"""Calls without an answer; a caller seldom has more than one under way."""

MAX_PDUS = 512
"""Messages in one piece of pipe content: the smallest ones of 16 bytes in 8 KB."""


class Association:
    """What the two ends of one connection or pipe have agreed on, and the calls under way."""

    def __init__(self, protocol: str, addr: str | None, pipe: str | None = None) -> None:
        self.protocol = protocol
        self.addr = addr
        self.pipe = pipe
        self.uuids: dict[int, str] = {}
        self.called: set[str] = set()
        self.auth: dict[str, Any] = {}
        self.calls: dict[int, dict[str, Any]] = {}
        self.rows: list[Row] = []
        self.unread = [0, 0]
        """Bytes of a message that goes on in the pipe's next piece, by direction."""

    def hand_out(self) -> list[Row]:
        """Return the complete rows, once."""
        rows, self.rows = self.rows, []
        return rows

    def end(self) -> None:
        """Complete the rows of calls that got no answer, and name the interfaces that nobody called."""
        for number in list(self.calls):
            self._finish(number, None)
        for uuid in dict.fromkeys(self.uuids.values()):
            if uuid not in self.called:
                self.say({"dcerpc_interface": interface_name(uuid), "dcerpc_uuid": uuid, "dcerpc_status": "bound only"})
        self.uuids = {}

    def read_pipe(self, content: bytes, *, is_request: bool) -> None:
        """Read what was written to or read from a pipe: messages, or a part of one."""
        at = min(self.unread[is_request], len(content))
        self.unread[is_request] -= at
        try:
            for _ in range(MAX_PDUS):
                if at + HEADER_BYTES > len(content) or content[at] != 5 or content[at + 2] > LAST_KIND:
                    return
                size = self.size_of(content, at)
                stop = min(at + size, len(content))
                self.read(content, at, stop)
                self.unread[is_request] = at + size - stop
                at = stop
        except Malformed as error:
            self.rows.append((ANOMALIES, {"place": "dcerpc", "anomaly": error.reason, "detail": str(error)}))

    def size_of(self, payload: bytes, at: int) -> int:
        """Return the size of the message whose header is here."""
        size = int.from_bytes(payload[at + 8 : at + 10], _order(payload, at))
        if size < HEADER_BYTES:
            raise Malformed("RPC message is shorter than its header", at)
        return size

    def read(self, payload: bytes, at: int, stop: int) -> None:
        """Read a message, of which at least CALL_HEAD_BYTES are there, or all of it for binds."""
        kind = payload[at + 2]
        if kind in (REQUEST, RESPONSE, FAULT):
            self._read_call(kind, payload, at, stop)
        elif kind in (BIND, ALTER):
            self._read_bind(payload, at, stop)
        elif kind == BIND_NAK:
            self.say({"dcerpc_status": "refused"})
        if kind in (BIND, BIND_ACK, ALTER, ALTER_RESPONSE, AUTH3):
            self._read_auth(payload, at, stop)

    def read_datagram(self, payload: bytes) -> None:
        """Read a call or answer of the protocol without connections (12.5.2), which bears the interface itself."""
        order = _order(payload, 0)
        kind, flags = payload[1], payload[2]
        # One activity has one call under way at a time.
        number = int.from_bytes(payload[40:56] + payload[64:68], "big")
        size = int.from_bytes(payload[74:76], order)
        if kind == REQUEST:
            if number not in self.calls:
                operation = int.from_bytes(payload[68:70], order)
                serial = int.from_bytes(payload[64:68], order)
                self._start(number, _uuid(payload[24:40], order), operation, "4.0", call_id=serial)
            self.calls[number]["dcerpc_request_parts"] += 1
            self.calls[number]["dcerpc_request_bytes"] += size
        elif kind == RESPONSE and number in self.calls:
            _add_answer(self.calls[number], size)
            if flags & LAST_PART or not flags & IS_PART:
                self._finish(number, "answered")
        elif kind in (FAULT, REJECT):
            self._finish(number, _fault_name(int.from_bytes(payload[80:84], order)))

    def say(self, fields: dict[str, Any]) -> None:
        """Complete a row."""
        self.rows.append((DCERPC, {"protocol": self.protocol, "named_pipe": self.pipe, **fields, **self.auth}))

    def _read_bind(self, payload: bytes, at: int, stop: int) -> None:
        """Learn the number that the caller gives to each interface (12.6.4.3)."""
        order = _order(payload, at)
        at += 24
        if at + 4 > stop:
            raise Malformed("RPC bind is cut short", at)
        n_contexts = payload[at]
        at += 4
        for _ in range(n_contexts):
            if at + 24 > stop:
                raise Malformed("RPC bind is cut short", at)
            number = int.from_bytes(payload[at : at + 2], order)
            if len(self.uuids) < MAX_CONTEXTS:
                self.uuids[number] = _uuid(payload[at + 4 : at + 20], order)
            at += 24 + 20 * payload[at + 2]

    def _read_call(self, kind: int, payload: bytes, at: int, stop: int) -> None:
        order = _order(payload, at)
        if at + 24 > stop:
            raise Malformed("RPC call is cut short", at)
        flags = payload[at + 3]
        stub_bytes = max(0, self.size_of(payload, at) - 24 - _auth_bytes(payload, at, order))
        number = int.from_bytes(payload[at + 12 : at + 16], order)
        if kind == REQUEST:
            if flags & FIRST_FRAGMENT or number not in self.calls:
                context, operation = (int.from_bytes(payload[a : a + 2], order) for a in (at + 20, at + 22))
                version = f"{payload[at]}.{payload[at + 1]}"
                self._start(number, self.uuids.get(context, ""), operation, version, call_id=number)
            self.calls[number]["dcerpc_request_parts"] += 1
            self.calls[number]["dcerpc_request_bytes"] += stub_bytes - (16 if flags & HAS_OBJECT else 0)
            return
        call = self.calls.get(number)
        if kind == FAULT:
            self._finish(number, _fault_name(int.from_bytes(payload[at + 24 : min(at + 28, stop)], order)))
        elif call is not None:
            _add_answer(call, stub_bytes)
            if flags & LAST_FRAGMENT:
                self._finish(number, "answered")

    def _start(self, number: int, uuid: str, operation: int, version: str, *, call_id: int) -> None:
        if len(self.calls) >= MAX_CALLS:
            self._finish(next(iter(self.calls)), None)
        call: dict[str, Any] = {"dcerpc_opnum": operation, "dcerpc_version": version, "dcerpc_call_id": call_id}
        call |= {"dcerpc_request_parts": 0, "dcerpc_request_bytes": 0}
        call["dcerpc_operation"] = operation_name(uuid, operation)
        self.called.add(uuid)
        if uuid:
            call |= {"dcerpc_interface": interface_name(uuid), "dcerpc_uuid": uuid}
        self.calls[number] = call

    def _finish(self, number: int, status: str | None) -> None:
        call = self.calls.pop(number, None)
        if call is not None or status not in (None, "answered"):
            self.say((call or {}) | {"dcerpc_status": status})

    def _read_auth(self, payload: bytes, at: int, stop: int) -> None:
        """Read the log-in token behind a bind ([MS-RPCE] 2.2.2.11)."""
        order = _order(payload, at)
        size = int.from_bytes(payload[at + 10 : at + 12], order)
        trailer = stop - size - AUTH_TRAILER_BYTES
        if size == 0 or trailer < at + HEADER_BYTES:
            return
        kind, level = payload[trailer], payload[trailer + 1]
        self.auth = {
            "dcerpc_auth": AUTH_KINDS.get(kind, f"type {kind}"),
            "dcerpc_auth_level": AUTH_LEVELS.get(level, f"level {level}"),
        }
        if kind in (9, 10, 16):
            self.rows += spnego.rows(payload[stop - size : stop], self.protocol, self.addr)


def _add_answer(call: dict[str, Any], stub_bytes: int) -> None:
    call["dcerpc_response_parts"] = call.get("dcerpc_response_parts", 0) + 1
    call["dcerpc_response_bytes"] = call.get("dcerpc_response_bytes", 0) + stub_bytes


def _order(payload: bytes, at: int) -> Any:
    """Return the byte order that the sender writes numbers in."""
    return "little" if payload[at + 4] & 0x10 else "big"


def _auth_bytes(payload: bytes, at: int, order: Any) -> int:
    size = int.from_bytes(payload[at + 10 : at + 12], order)
    return size + AUTH_TRAILER_BYTES if size else 0


def _uuid(content: bytes, order: Any) -> str:
    return str(UUID(bytes_le=content) if order == "little" else UUID(bytes=content))


def _fault_name(status: int) -> str:
    return FAULTS.get(status) or f"0x{status:08x}"
