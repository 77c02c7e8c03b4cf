"""The slow twins: plain Python, one packet at a time, read from the RFCs and not from the kernels."""

from __future__ import annotations

import struct

EXTENSIONS = (0, 43, 60, 135)


def network(frame):
    """Return IP version and IP packet behind at most two VLAN tags, or None."""
    if len(frame) < 14:
        return None
    at = 12
    for _ in range(2):
        if frame[at : at + 2] in (b"\x81\x00", b"\x88\xa8") and len(frame) >= at + 6:
            at += 4
    return {b"\x08\x00": (4, frame[at + 2 :]), b"\x86\xdd": (6, frame[at + 2 :])}.get(frame[at : at + 2])


def transport(version, packet):
    """Return source, destination, protocol and the transport's captured bytes; None for fragments and faults."""
    if version == 4:
        if len(packet) < 20 or packet[0] >> 4 != 4 or (header := (packet[0] & 15) * 4) < 20:
            return None
        total, fragment = struct.unpack_from(">HxxH", packet, 2)
        if header > len(packet) or (total and total < header) or fragment & 0x3FFF:
            return None
        return packet[12:16], packet[16:20], packet[9], packet[: total or None][header:]
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return None
    size, kind = struct.unpack_from(">HB", packet, 4)
    src, dst, rest = packet[8:24], packet[24:40], packet[40:][: size or None]
    for _ in range(8):
        if kind not in (*EXTENSIONS, 44, 51):
            return src, dst, kind, rest
        if len(rest) < 8 or (kind == 44 and struct.unpack_from(">H", rest, 2)[0] & 0xFFF9):
            return None
        size = 8 if kind == 44 else (rest[1] + 2) * 4 if kind == 51 else 8 + 8 * rest[1]
        if size > len(rest):
            return None
        kind, rest = rest[0], rest[size:]
    return None


def five_tuple(frame):
    """Return (src, dst, protocol, source port, destination port, payload) as the fast lane decodes it, or None."""
    found = network(frame)
    inside = found and transport(*found)
    if not inside:
        return None
    src, dst, protocol, segment = inside
    header = header_bytes(protocol, segment)
    if header is None:
        return None
    ports = struct.unpack_from(">HH", segment) if protocol in (6, 17, 132) else (0, 0)
    payload = segment[header:]
    if protocol == 17:
        length = struct.unpack_from(">H", segment, 4)[0]
        if 8 <= length < len(segment):
            payload = segment[8:length]
    return src, dst, protocol, *ports, payload


def header_bytes(protocol, segment):
    """Return the size of a transport header, None where it is not whole."""
    if protocol == 6:
        size = (segment[12] >> 4) * 4 if len(segment) >= 20 else 0
        return size if 20 <= size <= len(segment) else None
    least = {17: 8, 1: 8, 58: 8, 132: 12}.get(protocol, 0)
    return least if len(segment) >= least else None
