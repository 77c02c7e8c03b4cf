"""Frames made by hand for the kernels' tests, and the columns they decode to."""

from __future__ import annotations

import struct

import numpy as np

from quivive.kernels import headers
from quivive.model.packet_buffer import PacketBuffer

MACS = bytes.fromhex("020000000002 020000000001")
SYN, ACK, FIN, RST, PSH = 2, 16, 1, 4, 8
NO_CLAIMS = np.zeros(256, np.uint8), np.zeros(65_536, np.uint8)


def ethernet(payload, ethertype=0x0800, tags=()):
    """Return a frame; tags are VLAN identifiers, outermost first."""
    shim = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in tags)
    return MACS + shim + struct.pack(">H", ethertype) + payload


def ipv4(payload, *, src="10.0.0.1", dst="10.0.0.2", protocol=17, flags=0, options=b"", total=None):
    """Return an IPv4 packet; flags are the 16 bits of flags and fragment offset."""
    header = 20 + len(options)
    total = header + len(payload) if total is None else total
    words = struct.pack(">BBHHHBBH", 0x40 | header // 4, 0, total, 7, flags, 64, protocol, 0)
    return words + bytes(map(int, src.split("."))) + bytes(map(int, dst.split("."))) + options + payload


def ipv6(payload, *, kind=17, src=1, dst=2):
    """Return an IPv6 packet between 2001:db8::src and ::dst."""
    net = bytes.fromhex("20010db8") + bytes(11)
    return struct.pack(">IHBB", 6 << 28, len(payload), kind, 64) + net + bytes([src]) + net + bytes([dst]) + payload


def udp(payload, src_port=40_000, dst_port=53):
    """Return a datagram without a checksum."""
    return struct.pack(">4H", src_port, dst_port, 8 + len(payload), 0) + payload


def tcp(payload=b"", *, src_port=40_000, dst_port=80, seq=0, ack=0, flags=ACK, window=1000):
    """Return a segment without a checksum."""
    return struct.pack(">HHIIBBHHH", src_port, dst_port, seq, ack, 5 << 4, flags, window, 0, 0) + payload


def buffer_of(frames, times_ns=None):
    """Return frames as a batch of Ethernet packets, a millisecond apart unless told."""
    data = np.frombuffer(b"".join(frames) or b"\0", np.uint8).copy()
    stop = np.cumsum([len(frame) for frame in frames]).astype(np.int64)
    size = np.array([len(frame) for frame in frames], np.int64)
    n = len(frames)
    times = np.arange(n) * 1_000_000 if times_ns is None else np.array(times_ns)
    return PacketBuffer(
        data, stop - size, stop, times.astype(np.int64), size, np.ones(n, np.int32), np.zeros(n, np.int32)
    )


def decoded(frames, times_ns=None):
    """Return (data, columns) of frames that the fast lane has decoded."""
    buffer = buffer_of(frames, times_ns)
    packets = headers.empty_packets(len(frames))
    for name in ("start", "stop", "ts_ns", "wire_bytes"):
        getattr(packets, name)[:] = getattr(buffer, name)
    packets.origin[:] = np.arange(len(frames))
    headers.begin(packets, buffer.link_type, len(frames))
    headers.decode(buffer.data, packets, np.arange(len(frames)), *NO_CLAIMS)
    return buffer.data, packets
