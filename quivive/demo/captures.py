"""Capture files as other programs write them: pcap in any byte order, pcapng, gzip round either."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable

Timed = tuple[int, bytes]
"""A frame and the time it was seen, in nanoseconds since 1970."""

ETHERNET = 1
SNAP_BYTES = 262_144
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
"""First word of a pcap file; it tells the unit of the times too."""

END, COMMENT, SECTION_USER, INTERFACE_NAME, INTERFACE_RESOLUTION = 0, 1, 4, 2, 9
START_TIME, END_TIME, RECEIVED, DROPPED = 2, 3, 4, 5


def pcap(frames: Iterable[Timed], *, order: str = "<", magic: int = MICROSECONDS) -> bytes:
    """Return a pcap file in a byte order of struct's; the magic number settles the unit of time."""
    unit = 1_000 if magic == MICROSECONDS else 1
    record = struct.Struct(order + "IIII")
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, SNAP_BYTES, ETHERNET)]
    for at_ns, frame in frames:
        seconds, rest = divmod(at_ns, 1_000_000_000)
        parts += [record.pack(seconds, rest // unit, len(frame), len(frame)), frame]
    return b"".join(parts)


def pcapng(frames: list[Timed], *, interface: str, comment: str) -> bytes:
    """Return a pcapng file of one section and one interface, in nanoseconds, closed by its statistics."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(COMMENT, comment.encode())
    section += _option(SECTION_USER, b"quivive.demo") + _option(END, b"")
    described = struct.pack("<HHI", ETHERNET, 0, SNAP_BYTES) + _option(INTERFACE_NAME, interface.encode())
    described += _option(INTERFACE_RESOLUTION, b"\x09") + _option(END, b"")
    parts = [_block(0x0A0D0D0A, section), _block(1, described)]
    parts += [_block(6, _enhanced_packet(at_ns, frame)) for at_ns, frame in frames]
    return b"".join([*parts, _block(5, _statistics(frames))])


def gzipped(capture: bytes) -> bytes:
    """Return the file compressed, without the time and name that gzip would put in."""
    return gzip.compress(capture, compresslevel=6, mtime=0)


def _enhanced_packet(at_ns: int, frame: bytes) -> bytes:
    head = struct.pack("<IIIII", 0, at_ns >> 32, at_ns & 0xFFFFFFFF, len(frame), len(frame))
    return head + frame + b"\0" * (-len(frame) % 4)


def _statistics(frames: list[Timed]) -> bytes:
    """How many frames the interface received and dropped: all, and none."""
    first_ns, last_ns = frames[0][0], frames[-1][0]
    body = struct.pack("<III", 0, last_ns >> 32, last_ns & 0xFFFFFFFF)
    for code, time_ns in ((START_TIME, first_ns), (END_TIME, last_ns)):
        body += _option(code, struct.pack("<II", time_ns >> 32, time_ns & 0xFFFFFFFF))
    for code, count in ((RECEIVED, len(frames)), (DROPPED, 0)):
        body += _option(code, struct.pack("<Q", count))
    return body + _option(END, b"")


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    total = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + total + body + total
