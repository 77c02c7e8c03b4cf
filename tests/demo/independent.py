"""A little reader of captures for these tests: it checks every length and checksum that it meets."""

from __future__ import annotations

import gzip
import struct
from collections import defaultdict
from ipaddress import ip_address
from typing import NamedTuple

MODULO = 1 << 32


class Packet(NamedTuple):
    at_ns: int
    src: str
    dst: str
    protocol: int
    sport: int
    dport: int
    body: bytes
    """What the transport carries; for protocols without ports, the whole message."""
    seq: int = 0
    ack: int = 0
    flags: int = 0


def frames(path):
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return _pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _pcap(data)


def _pcap(data):
    order = ">" if data[:2] == b"\xa1\xb2" else "<"
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[struct.unpack(order + "I", data[:4])[0]]
    assert struct.unpack(order + "I", data[20:24]) == (1,)
    at, found = 24, []
    while at < len(data):
        seconds, fraction, captured, original = struct.unpack_from(order + "IIII", data, at)
        assert captured == original
        found.append((seconds * 10**9 + fraction * unit, data[at + 16 : at + 16 + captured]))
        at += 16 + captured
    assert at == len(data)
    return found


def _pcapng(data):
    at, found, kinds = 0, [], []
    while at < len(data):
        kind, total = struct.unpack_from("<II", data, at)
        assert total % 4 == 0
        assert struct.unpack_from("<I", data, at + total - 4) == (total,)
        kinds.append(kind)
        if kind == 6:
            _, high, low, captured, original = struct.unpack_from("<IIIII", data, at + 8)
            assert captured == original
            found.append((high << 32 | low, data[at + 28 : at + 28 + captured]))
        at += total
    assert kinds[0] == 0x0A0D0D0A
    assert kinds[1] == 1
    assert kinds[-1] == 5
    return found


def packets(path):
    return [packet for at_ns, frame in frames(path) for packet in _packet(at_ns, frame)]


def _packet(at_ns, frame):
    assert len(frame) >= 60
    kind, at = struct.unpack_from("!H", frame, 12)[0], 14
    if kind == 0x8100:
        kind, at = struct.unpack_from("!H", frame, 16)[0], 18
    if kind == 0x0800:
        assert frame[at] == 0x45
        total, protocol = struct.unpack_from("!H", frame, at + 2)[0], frame[at + 9]
        assert ones_sum(frame[at : at + 20]) == 0xFFFF
        ends, message = frame[at + 12 : at + 20], frame[at + 20 : at + total]
    elif kind == 0x86DD:
        size, protocol = struct.unpack_from("!HB", frame, at + 4)
        ends, message = frame[at + 8 : at + 40], frame[at + 40 : at + 40 + size]
        total = 40 + size
    else:
        assert kind == 0x0806
        return
    assert not any(frame[at + total :])  # padding
    pseudo = ends + struct.pack("!IHBB", len(message), 0, 0, protocol)
    assert ones_sum(message if protocol == 1 else pseudo + message) == 0xFFFF
    half = len(ends) // 2
    yield _transport(at_ns, str(ip_address(ends[:half])), str(ip_address(ends[half:])), protocol, message)


def _transport(at_ns, src, dst, protocol, message):
    if protocol == 17:
        sport, dport, size = struct.unpack_from("!HHH", message)
        assert size == len(message)
        return Packet(at_ns, src, dst, protocol, sport, dport, message[8:])
    if protocol == 6:
        sport, dport, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", message)
        return Packet(at_ns, src, dst, protocol, sport, dport, message[(offset >> 4) * 4 :], seq, ack, flags)
    return Packet(at_ns, src, dst, protocol, 0, 0, message)


def ones_sum(data):
    """The one's complement sum, word by word as RFC 1071 has it."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def connections(found):
    """TCP packets by the connection's originator, responder and ports, in order."""
    by_ends = defaultdict(list)
    for packet in found:
        if packet.protocol == 6:
            forward = (packet.src, packet.sport, packet.dst, packet.dport)
            backward = (packet.dst, packet.dport, packet.src, packet.sport)
            by_ends[backward if backward in by_ends else forward].append(packet)
    return dict(by_ends)


def stream(connection, side):
    """The bytes that one side sent (0 the originator), put in order; a gap or a contradiction fails."""
    orig = (connection[0].src, connection[0].sport)
    sent = [packet for packet in connection if ((packet.src, packet.sport) == orig) == (side == 0)]
    start = next(packet.seq for packet in sent if packet.flags & 2) + 1
    data = bytearray()
    pieces = [((packet.seq - start) % MODULO, packet.body) for packet in sent if packet.body]
    for at, body in sorted(pieces, key=lambda piece: piece[0]):
        assert at <= len(data), "a gap"
        overlap = data[at : at + len(body)]
        assert overlap == body[: len(overlap)], "two versions of the same bytes"
        data += body[len(overlap) :]
    return bytes(data)
