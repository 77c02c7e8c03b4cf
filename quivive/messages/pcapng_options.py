"""What the rare blocks of a pcapng file say: options, interfaces, statistics and secrets (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from quivive.model.limits import LIST_ITEMS, TEXT_BYTES

ByteOrder = Literal["little", "big"]

END_OF_OPTIONS, COMMENT = 0, 1
HARDWARE, OS, APPLICATION = 2, 3, 4
IF_NAME, IF_DESCRIPTION, IF_TSRESOL, IF_FILTER, IF_OS, IF_FCSLEN, IF_TSOFFSET = 2, 3, 9, 11, 12, 13, 14
ISB_IFRECV, ISB_IFDROP, ISB_OSDROP = 4, 5, 7

MICROSECONDS = 6
IS_BINARY = 0x80
"""Bit of if_tsresol that makes it a power of two."""

NS_EXPONENT = 9
FINEST = 28
"""Ticks shorter than 10**-28 s make no whole nanosecond in 64 bits."""

MAX_OFFSET_S = 1 << 33
"""Offset believed of an interface's times: beyond it no time fits 64 bits of nanoseconds."""

MAX_COUNT = (1 << 63) - 1
"""Counts are kept in signed columns."""

SECRET_KINDS = {
    0x544C534B: "tls",
    0x5353484B: "ssh",
    0x57474B4C: "wireguard",
    0x5A4E574B: "zigbee_nwk",
    0x5A415053: "zigbee_aps",
    0x55414B4C: "opcua",
}


class Resolution(NamedTuple):
    """How an interface's ticks become ns: ticks * multiply // divide, or 2**-shift seconds where shift >= 0."""

    shift: int
    multiply: int
    divide: int

    @classmethod
    def read(cls, code: int) -> Resolution:
        """Take in an if_tsresol."""
        if code & IS_BINARY:
            return cls(code & ~IS_BINARY, 1, 1)
        if code <= NS_EXPONENT:
            return cls(-1, 10 ** (NS_EXPONENT - code), 1)
        if code > FINEST:
            return cls(-1, 0, 2)
        divide = 10 ** (code - NS_EXPONENT)
        return cls(-1, 1, divide - (1 << 64) if divide >> 63 else divide)


class Described(NamedTuple):
    """An interface description block.

    facts:     what CaptureInfo.interfaces lists
    row:       link type, snap length, shift, multiply, divide, offset, as the kernel's matrix has them
    comments:  of the block
    """

    facts: dict[str, Any]
    row: tuple[int, ...]
    comments: list[bytes]


class Counts(NamedTuple):
    """What an interface statistics block counts of an interface, since its capture began."""

    n_received: int
    n_dropped: int


def read_interface(body: bytes, order: ByteOrder) -> Described:
    """Read an interface description block."""
    link_type, snap = int.from_bytes(body[:2], order), int.from_bytes(body[4:8], order)
    told: dict[int, bytes] = {}
    comments: list[bytes] = []
    for code, value in options(body[8:], order):
        if code == COMMENT:
            comments.append(value)
        else:
            told.setdefault(code, value)
    resolution = told.get(IF_TSRESOL, b"")[:1] or bytes([MICROSECONDS])
    offset_s = int.from_bytes(told.get(IF_TSOFFSET, b"")[:8], order, signed=True)
    facts = {
        "name": text(told.get(IF_NAME, b"")),
        "description": text(told.get(IF_DESCRIPTION, b"")),
        "link_type": link_type,
        "snap_bytes": snap,
        "ts_resolution": shown_resolution(resolution[0]),
        "filter": shown_filter(told.get(IF_FILTER, b"")),
        "os": text(told.get(IF_OS, b"")),
        "fcs_bytes": int.from_bytes(told.get(IF_FCSLEN, b"")[:1], order),
        "n_dropped": 0,
        "n_received": 0,
    }
    offset_ns = max(-MAX_OFFSET_S, min(offset_s, MAX_OFFSET_S)) * 1_000_000_000
    return Described(facts, (link_type, snap, *Resolution.read(resolution[0]), offset_ns), comments)


def read_counts(body: bytes, order: ByteOrder) -> Counts:
    """Read the options of an interface statistics block: its own drops and the operating system's are added up."""
    told = {code: int.from_bytes(value[:8], order) for code, value in options(body, order)}
    received = told.get(ISB_IFRECV, 0)
    return Counts(min(received, MAX_COUNT), min(told.get(ISB_IFDROP, 0) + told.get(ISB_OSDROP, 0), MAX_COUNT))


def shown_resolution(code: int) -> str:
    """Return an if_tsresol as a power, in seconds."""
    return f"2^-{code & ~IS_BINARY}" if code & IS_BINARY else f"10^-{code}"


def shown_filter(value: bytes) -> str:
    """Return an if_filter: text behind a zero byte; of a program for the filter machine only that it is one."""
    return text(value[1:]) if value[:1] == b"\0" else "(compiled filter)" if value else ""


def secret_kind(number: int) -> str:
    """Return what a decryption secrets block holds: tls, ssh, ... or the number itself."""
    return SECRET_KINDS.get(number, f"{number:#010x}")


def options(body: bytes, order: ByteOrder) -> Iterator[tuple[int, bytes]]:
    """Yield code and value of each option; ends early where one is cut short."""
    at = 0
    for _ in range(LIST_ITEMS):
        code, size = int.from_bytes(body[at : at + 2], order), int.from_bytes(body[at + 2 : at + 4], order)
        at += 4
        if code == END_OF_OPTIONS or at + size > len(body):
            return
        yield code, body[at : at + size]
        at += (size + 3) & ~3


def text(value: bytes) -> str:
    """Return an option's text, bounded; some writers end it with a zero byte."""
    return value[:TEXT_BYTES].split(b"\0")[0].decode("utf-8", "backslashreplace")
