"""Network Time Protocol (RFC 5905), its control messages (RFC 9327) and private requests: one row per message."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.wire_text import DOT, escape, ipv4_text, plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

MODES = ("reserved", "symmetric active", "symmetric passive", "client", "server", "broadcast", "control", "private")
CLIENT, SERVER, CONTROL, PRIVATE = 3, 4, 6, 7
FIRST_ADDRESS = 2
"""Stratum from which on the reference is an address; below it is four letters (RFC 5905, 7.3)."""

HEAD = struct.Struct(">BBbbII4s4Q")
CONTROL_HEAD = struct.Struct(">BBHHHHH")
PRIVATE_HEAD = struct.Struct(">BBBBHH")
RESPONSE = 0x80

CONTROL_OPERATIONS = {
    1: "read status", 2: "read variables", 3: "write variables", 4: "read clock", 5: "write clock", 6: "set trap",
    7: "trap", 8: "configure", 9: "save configuration", 10: "read recent peers", 11: "read ordered list",
    12: "request nonce", 31: "unset trap",
}  # fmt: skip
MONITOR_LISTS = (20, 42)
"""Private requests that answer one packet with a hundred: how servers are misused to flood others."""

IMPLEMENTATIONS = (0, 2, 3)
"""Of private requests: any, two of the reference implementation."""

MAX_REQUEST = 45
"""The highest private request there ever was."""

MAX_STRATUM, MAX_POLL = 16, 17

UNIX_EPOCH_S = 2_208_988_800
"""From 1900, where NTP counts from, to 1970; a lower count is of the era that begins in 2036."""

HALF = 1 << 31
"""Half of the least unit that is kept, for rounding."""

SHORT_UNIT = 1 << 16
"""Units of the short format in a second."""

NTP = Table("ntp", "Who asked whom for the time, and what it was: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("is_response", "bool", "Whether the message is a response."),
    Field("ntp_version", "int16", "Version of NTP."),
    Field("ntp_mode", "text", "Part that the sender plays: client, server, broadcast, control, private and others."),
    Field("ntp_leap", "int16", "Leap second announced: 0 none, 1 one more, 2 one less, 3 the clock is not set."),
    Field("ntp_stratum", "int16", "Steps from a reference clock; 0 where none is known or the asker is refused."),
    Field("ntp_ref_id", "text", "What the clock is set by: an address, or letters that name a clock or a refusal."),
    Field("ntp_poll_s", "int64", "Seconds between two questions.", "s"),
    Field("ntp_precision_s", "float64", "Precision of the clock.", "s"),
    Field("ntp_root_delay_s", "float64", "Time to the reference clock and back.", "s"),
    Field("ntp_root_dispersion_s", "float64", "Largest error against the reference clock.", "s"),
    Field("ntp_reference_ns", "int64", "When the clock was last set, nanoseconds since 1970 UTC.", "ns"),
    Field("ntp_origin_ns", "int64", "When the client asked by its own clock, nanoseconds since 1970 UTC.", "ns"),
    Field("ntp_receive_ns", "int64", "When the question came by the server's clock, nanoseconds since 1970 UTC.", "ns"),
    Field("ntp_transmit_ns", "int64", "When the message left by its sender's clock, nanoseconds since 1970 UTC.", "ns"),
    Field("ntp_operation", "text", "What a control message or a private request asks for."),
    Field("ntp_variables", "text", "Text of a control message, such as the server's software and system."),
    Field("ntp_extra_bytes", "int64", "Bytes behind the head: extensions, authentication, or content.", "bytes"),
))  # fmt: skip


class Ntp(Protocol):
    """NTP and SNTP, versions 1 to 4."""

    name = "ntp"
    title = "Network Time Protocol"
    spec = "RFC 5905"
    carriers = (Carrier.UDP,)
    ports = (123,)
    # Version and mode, and a stratum below 16: clients, servers, the rarer modes; then control and private messages.
    signatures = (
        *(Signature(f"?{half}0?", minimum=48) for half in "3b4c5d192a"),
        *(Signature(f"{first}????????", minimum=8) for first in ("16", "1e", "26", "17", "97", "1f", "9f", "27", "a7")),
    )
    tables = (NTP,)
    family = "time"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """All small numbers are in their range, and the length fits the mode."""
        if not payload or not 1 <= payload[0] >> 3 & 7 <= 4:
            return Match.NO
        mode = payload[0] & 7
        if mode == CONTROL:
            return Match.YES if _is_control(payload) else Match.NO
        if mode == PRIVATE:
            return Match.YES if _is_private(payload) else Match.NO
        if len(payload) < HEAD.size or len(payload) % 4 or mode == 0:
            return Match.NO
        stratum, poll, precision = payload[1], payload[2], payload[3]
        is_set = stratum <= MAX_STRATUM and poll <= MAX_POLL and (precision >= 0xE0 or precision in (0, 0x20))
        return Match.YES if is_set and (mode == CLIENT or any(payload[40:48])) else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        mode = payload[0] & 7
        row = {
            "is_orig": side == Side.ORIGINATOR,
            "ntp_version": payload[0] >> 3 & 7,
            "ntp_mode": MODES[mode],
        }
        read = _control_fields if mode == CONTROL else _private_fields if mode == PRIVATE else _time_fields
        yield NTP, row | read(payload)


def _is_control(payload: bytes) -> bool:
    """Return whether a control message holds as much as it says."""
    if len(payload) < CONTROL_HEAD.size or payload[1] & 0x1F not in CONTROL_OPERATIONS or payload[0] >> 6:
        return False
    count = int.from_bytes(payload[10:12], "big")
    return CONTROL_HEAD.size + count <= len(payload)


def _is_private(payload: bytes) -> bool:
    """Return whether a private request or response holds as many items of as many bytes as it says."""
    if len(payload) < PRIVATE_HEAD.size or payload[2] not in IMPLEMENTATIONS or payload[3] > MAX_REQUEST:
        return False
    n_items, item_bytes = (int.from_bytes(payload[at : at + 2], "big") & 0xFFF for at in (4, 6))
    return payload[6] < 0x10 and PRIVATE_HEAD.size + n_items * item_bytes <= len(payload)


def _time_fields(payload: bytes) -> dict[str, Any]:
    if len(payload) < HEAD.size:
        raise Malformed("message is shorter than its head", len(payload))
    first, stratum, poll, precision, delay, dispersion, ref_id, *times = HEAD.unpack_from(payload)
    row: dict[str, Any] = {
        "ntp_leap": first >> 6,
        "ntp_stratum": stratum,
        "ntp_precision_s": 2.0**precision,
        "ntp_root_delay_s": delay / SHORT_UNIT,
        "ntp_root_dispersion_s": dispersion / SHORT_UNIT,
        "ntp_extra_bytes": len(payload) - HEAD.size,
    }
    if first & 7 in (CLIENT, SERVER):
        row["is_response"] = first & 7 == SERVER
    if 0 <= poll <= MAX_POLL:
        row["ntp_poll_s"] = 1 << poll
    if any(ref_id):
        is_address = FIRST_ADDRESS <= stratum < MAX_STRATUM
        row["ntp_ref_id"] = ipv4_text(ref_id) if is_address else escape(ref_id.rstrip(b"\0"), DOT)
    names = ("ntp_reference_ns", "ntp_origin_ns", "ntp_receive_ns", "ntp_transmit_ns")
    return row | {name: unix_ns(time) for name, time in zip(names, times, strict=True) if time}


def unix_ns(time: int) -> int:
    """Return a time of 32 bits of seconds and 32 bits of their fraction as nanoseconds since 1970."""
    seconds = (time >> 32) - UNIX_EPOCH_S
    if seconds < 0:
        seconds += 1 << 32
    return seconds * 1_000_000_000 + ((time & 0xFFFF_FFFF) * 1_000_000_000 + HALF >> 32)


def _control_fields(payload: bytes) -> dict[str, Any]:
    if len(payload) < CONTROL_HEAD.size:
        raise Malformed("control message is shorter than its head", len(payload))
    _, operation, _, _, _, _, count = CONTROL_HEAD.unpack_from(payload)
    content = payload[CONTROL_HEAD.size : CONTROL_HEAD.size + count]
    number = operation & 0x1F
    row: dict[str, Any] = {
        "is_response": bool(operation & RESPONSE),
        "ntp_operation": CONTROL_OPERATIONS.get(number, f"control {number}"),
        "ntp_extra_bytes": len(payload) - CONTROL_HEAD.size,
    }
    if content and b"=" in content:
        row["ntp_variables"] = plain(content)
    return row


def _private_fields(payload: bytes) -> dict[str, Any]:
    if len(payload) < PRIVATE_HEAD.size:
        raise Malformed("private request is shorter than its head", len(payload))
    first, _, _, request, _, _ = PRIVATE_HEAD.unpack_from(payload)
    return {
        "is_response": bool(first & RESPONSE),
        "ntp_operation": "monitor list" if request in MONITOR_LISTS else f"private {request}",
        "ntp_extra_bytes": len(payload) - PRIVATE_HEAD.size,
    }
