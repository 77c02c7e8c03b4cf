"""Tests of quivive/layers, and what they share: packets to carry, and one way to read a header."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from quivive.kit.layer import NOTHING, REFUSED, Layer

# 192.0.2.1 to 192.0.2.2, 20 bytes, nothing behind the header (protocol 59)
IPV4_PACKET = bytes.fromhex("4500 0014 0001 0000 40 3b 0000 c0000201 c0000202")
# 2001:db8::1 to 2001:db8::2, nothing behind the header
IPV6_PACKET = bytes.fromhex("60000000 0000 3b 40 20010db8000000000000000000000001 20010db8000000000000000000000002")
# 02:00:00:00:00:01 to 02:00:00:00:00:02, carrying the IPv4 packet
ETHERNET_FRAME = bytes.fromhex("020000000002 020000000001 0800") + IPV4_PACKET
# LLC and SNAP, carrying the IPv4 packet
SNAP_PACKET = bytes.fromhex("aa aa 03 000000 0800") + IPV4_PACKET


class Read(NamedTuple):
    """What a layer says of one header."""

    claim: int
    inner: bytes = b""
    tag: int = -1


def read(layer: Layer, packet: bytes) -> Read:
    """Read the header that `packet` begins with; what stands around it in the buffer must make no difference."""
    alone, among_zeros, among_ones = (
        _read_between(layer, packet, around) for around in (b"", b"\x00" * 9, b"\xff" * 9)
    )
    assert alone == among_zeros == among_ones
    return alone


def _read_between(layer: Layer, packet: bytes, around: bytes) -> Read:
    data = np.frombuffer(bytearray(around + packet + around), np.uint8)
    start = np.array([len(around)], np.int64)
    stop = start + len(packet)
    kind, inner_start, inner_stop, tag = (np.full(1, -99, np.int64) for _ in range(4))
    layer.kernel(data, start, stop, kind, inner_start, inner_stop, tag)
    if kind[0] in (NOTHING, REFUSED):
        return Read(int(kind[0]), b"", int(tag[0]))
    assert start[0] <= inner_start[0] <= inner_stop[0] <= stop[0]
    return Read(int(kind[0]), data[inner_start[0] : inner_stop[0]].tobytes(), int(tag[0]))


def cuts_stay_inside(layer: Layer, packet: bytes) -> None:
    """Read every beginning of `packet`; where the header itself is cut, nothing may follow."""
    header_bytes = packet.index(read(layer, packet).inner)
    for size in range(len(packet)):
        answer = read(layer, packet[:size])
        assert size >= header_bytes or answer.claim in (NOTHING, REFUSED)


def altered(packet: bytes) -> st.SearchStrategy[bytes]:
    """Return packets that differ from `packet` in up to four bytes and in their end."""
    changes = st.lists(st.tuples(st.integers(0, len(packet) - 1), st.integers(0, 255)), max_size=4)
    return st.builds(_alter, st.just(packet), changes, st.integers(0, len(packet)), st.binary(max_size=40))


def _alter(packet: bytes, changes: list[tuple[int, int]], size: int, more: bytes) -> bytes:
    noisy = bytearray(packet)
    for at, value in changes:
        noisy[at] = value
    return bytes(noisy[:size]) + more
