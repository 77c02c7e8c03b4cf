"""Checksums of packets: IPv4 (RFC 791), TCP, UDP, ICMP (RFC 1071) and ICMPv6 (RFC 8200, 8.1), SCTP (RFC 9260, A)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.headers import ICMP, ICMPV6, MAPPED_IPV4, OK, SCTP, TCP, UDP
from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, le32, u8

UNCHECKED, RIGHT, WRONG_IP, WRONG_TRANSPORT = range(4)
"""What a check found. Unchecked: no checksum is there, or not all that it covers was captured."""

KINDS = 4
IPV4_VERSION, NO_CHECKSUM = 4, 0
CASTAGNOLI = np.uint32(0x82F63B78)


def crc32c_table() -> np.ndarray:
    """Return the CRC-32C of each byte, uint32 (256,)."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ CASTAGNOLI, table >> 1)
    return table.astype(np.uint32)


CRC32C = crc32c_table()


@kernel
def words_of(data, at, size):
    """Return the sum of `size` bytes as big-endian 16-bit words, an odd last byte padded with zero."""
    total, first, stop = np.int64(0), np.uint64(at), np.uint64(at + (size & ~1))
    for place in range(first, stop, np.uint64(2)):
        total += (np.int64(data[place]) << 8) | np.int64(data[place + np.uint64(1)])
    return total + (u8(data, at + size - 1) << 8) if size & 1 else total


@kernel
def words_in(value):
    """Return the sum of the four 16-bit words of a number."""
    return (value & 0xFFFF) + (value >> 16 & 0xFFFF) + (value >> 32 & 0xFFFF) + (value >> 48 & 0xFFFF)


@kernel
def is_right(total):
    """Return whether a sum over all words, the checksum among them, is what it must be: all ones."""
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


@kernel
def address_words(high, low):
    """Return the sum of the words of an address; of a mapped IPv4 address, of its four bytes."""
    if high == 0 and low & ~np.int64(0xFFFFFFFF) == MAPPED_IPV4:
        return words_in(low & 0xFFFFFFFF)
    return words_in(high) + words_in(low)


@kernel
def crc32c(data, at, size):
    """Return the CRC-32C of an SCTP packet, its own checksum taken as zero."""
    value, first = np.int64(0xFFFFFFFF), np.uint64(at)
    for k in range(np.uint64(size)):
        byte = np.int64(0) if 8 <= k < 12 else np.int64(data[first + k])
        value = (value >> 8) ^ np.int64(CRC32C[np.uint64((value ^ byte) & 0xFF)])
    return value ^ 0xFFFFFFFF


@kernel
def check_transport(data, at, size, packets, i):
    """Return what the checksum of a whole transport packet shows; at: its header, which was found to be there."""
    transport = packets.transport[i]
    if transport == SCTP:
        return RIGHT if crc32c(data, at, size) == le32(data, at + 8) else WRONG_TRANSPORT
    if transport == ICMP:
        return RIGHT if is_right(words_of(data, at, size)) else WRONG_TRANSPORT
    if transport != TCP and transport != UDP and transport != ICMPV6:
        return UNCHECKED
    if transport == UDP and be16(data, at + 6) == NO_CHECKSUM:
        return UNCHECKED
    pseudo = address_words(packets.src_high[i], packets.src_low[i])
    pseudo += address_words(packets.dst_high[i], packets.dst_low[i]) + np.int64(transport) + (size & 0xFFFF)
    return RIGHT if is_right(pseudo + words_of(data, at, size)) else WRONG_TRANSPORT


@kernel
def check_packet(data, arena, packets, i):
    """Return what the checksums of packet i show: the IP header's first, of fragments put together only the second."""
    at, payload_at = packets.header_start[i], packets.payload_start[i]
    if at >= 0 and u8(data, packets.ip_start[i]) >> 4 == IPV4_VERSION:
        ip = packets.ip_start[i]
        if not is_right(words_of(data, ip, (u8(data, ip) & 0x0F) * 4)):
            return WRONG_IP
    if packets.captured_bytes[i] != packets.payload_bytes[i]:
        return UNCHECKED
    source, begin, size = data, at, payload_at - at
    if at < 0:
        source, begin, size = arena, ~at, ~payload_at - ~at
    return check_transport(source, begin, size + np.int64(packets.captured_bytes[i]), packets, i)


@kernel
def check_packets(data, arena, packets, n):
    """Fill the column checksum of the packets of a batch that belong to flows."""
    for i in range(np.uint64(n)):
        if packets.declined[i] == OK:
            packets.checksum[i] = check_packet(data, arena, packets, i)
