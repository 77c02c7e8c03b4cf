"""The fast lane: Ethernet, VLAN, IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP, ICMP and SCTP to columns."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32, be64, u8
from quivive.model.limits import IPV6_EXTENSIONS, VLAN_TAGS

# What became of a packet. Only OK packets belong to flows; LINK_MESSAGE is read by a protocol that rides on the link.
OK, SHORT, ETHERTYPE, IP_HEADER, FRAGMENT, EXTENSIONS, TRANSPORT, LINK_TYPE, LINK_MESSAGE = range(9)
OUT_OF_SCOPE, NOTHING_FOLLOWS = 9, 10
REASONS = (
    "decoded",
    "packet is cut short",
    "ethertype is not known",
    "IP header is not valid",
    "fragment waits for the rest",
    "too many IPv6 extension headers",
    "transport header is not valid",
    "link type is not known",
    "link message",
    "out of scope",
    "nothing that can be decoded follows (encrypted, or cut short)",
)

LINK_SPACE, ETHERTYPE_SPACE, IP_SPACE, UDP_SPACE = (np.int64(space << 32) for space in (1, 2, 3, 4))
SPACE_MASK = np.int64(~0xFFFFFFFF)
NO_CLAIM = np.int64(0)
ETHERNET_CLAIM = np.int64(1 << 32 | 1)
IPV4, IPV6, VLAN, VLAN_STACKED, LENGTHS_END = 0x0800, 0x86DD, 0x8100, 0x88A8, 0x0600
ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
HOP_BY_HOP, ROUTING, FRAGMENT_HEADER, AUTHENTICATION, DESTINATION, MOBILITY = 0, 43, 44, 51, 60, 135
MAPPED_IPV4 = 0xFFFF_0000_0000  # ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)

# Elements of a layer path, seven bits each, outermost highest; the layers shelf counts on from FIRST_LAYER.
PATH_ETH, PATH_VLAN, PATH_IPV4, PATH_IPV6, FIRST_LAYER, PATH_MORE = 1, 2, 3, 4, 5, 127
PATH_FULL = np.int64(1) << 56

# ICMP messages with an answer: both directions are one flow, as in Zeek and Community ID.
PAIRS_V4 = np.array([8, 0, 13, 14, 15, 16, 17, 18, 10, 9], np.int64)
PAIRS_V6 = np.array([128, 129, 133, 134, 135, 136, 139, 140, 130, 131, 144, 145], np.int64)

COLUMNS = {
    "start": np.int64,
    "stop": np.int64,
    "ts_ns": np.int64,
    "wire_bytes": np.int64,
    "origin": np.int64,
    "declined": np.uint8,
    "claim": np.int64,
    "at": np.int64,
    "end": np.int64,
    "path": np.int64,
    "tag": np.int64,
    "link_start": np.int64,
    "vlan_id": np.int32,
    "ip_start": np.int64,
    "ip_bytes": np.uint32,
    "ttl": np.uint8,
    "src_high": np.int64,
    "src_low": np.int64,
    "dst_high": np.int64,
    "dst_low": np.int64,
    "transport": np.uint8,
    "src_port": np.uint16,
    "dst_port": np.uint16,
    "tcp_flags": np.uint8,
    "seq": np.uint32,
    "ack": np.uint32,
    "window": np.uint16,
    "header_start": np.int64,
    "payload_start": np.int64,
    "payload_bytes": np.uint32,
    "captured_bytes": np.uint32,
    "checksum": np.uint8,
    "flow_row": np.int32,
    "side": np.uint8,
}
Packets = namedtuple("Packets", COLUMNS)
"""One batch, one column per fact.

origin:          capture number << 40 | number of the packet in it, from 0
claim, at, end:  the header to decode next and its bounds; NO_CLAIM when done
checksum:        what its checksums show, where they are looked at (see checksum.py); else 0
payload_bytes:   as the IP header says; captured_bytes of them are there
payload_start, header_start:  offset in the batch's data, or ~offset in its arena (rebuilt from fragments)
"""


def empty_packets(n: int) -> Packets:
    """Return columns for n packets, not filled."""
    return Packets(*(np.empty(n, kind) for kind in COLUMNS.values()))


@kernel
def path_with(path, element):
    """Return a layer path with one more element; the last place says that there were more."""
    if path >= PATH_FULL:
        return path | PATH_MORE
    return (path << 7) | element


@kernel
def skip_tags(data, at, stop):
    """Step over VLAN tags (IEEE 802.1Q); returns ethertype, next byte, innermost VLAN identifier (-1: none), tags."""
    ethertype, vlan_id, n_tags = be16(data, at + 12), np.int64(-1), np.int64(0)
    at += 14
    for _ in range(VLAN_TAGS):
        if (ethertype != VLAN and ethertype != VLAN_STACKED) or at + 4 > stop:
            break
        vlan_id, ethertype = be16(data, at) & 0x0FFF, be16(data, at + 2)
        at += 4
        n_tags += 1
    return ethertype, at, vlan_id, n_tags


@kernel
def read_ipv4(data, at, stop):
    """Return declined, transport, next byte, end of packet on the wire."""
    header = (u8(data, at) & 0x0F) * 4
    # Ethernet pads short frames: the total length says where the packet ends. Zero: the sender's card segments (TSO).
    total = be16(data, at + 2)
    end = at + total if total else stop
    if u8(data, at) >> 4 != 4 or header < 20 or at + header > stop or at + header > end:
        return IP_HEADER, 0, at, at
    if be16(data, at + 6) & 0x3FFF:
        return FRAGMENT, 0, at, end
    kind, at = u8(data, at + 9), at + header
    if kind == AUTHENTICATION and at + 12 <= min(stop, end):  # RFC 4302: steps over to what it vouches for
        kind, at = u8(data, at), at + (u8(data, at + 1) + 2) * 4
    return OK, kind, at, end


@kernel
def read_ipv6(data, at, stop):
    """Return declined, transport, next byte, end of packet on the wire."""
    length = be16(data, at + 4)
    end = at + 40 + length if length else stop
    kind, first = u8(data, at + 6), at
    if u8(data, at) >> 4 != 6:
        return IP_HEADER, 0, at, at
    at += 40
    for _ in range(IPV6_EXTENSIONS):
        is_extension = kind == HOP_BY_HOP or kind == ROUTING or kind == DESTINATION or kind == MOBILITY
        if not is_extension and kind != FRAGMENT_HEADER and kind != AUTHENTICATION:
            return OK, kind, at, end
        if at + 8 > min(stop, end):
            return SHORT, 0, at, end
        if kind == FRAGMENT_HEADER:
            if be16(data, at + 2) & 0xFFF9:
                return FRAGMENT, 0, first, end
            size = np.int64(8)  # an atomic fragment is whole (RFC 6946)
        elif kind == AUTHENTICATION:
            size = (u8(data, at + 1) + 2) * 4
        else:
            size = 8 + 8 * u8(data, at + 1)
        kind = u8(data, at)
        at += size
    return EXTENSIONS, 0, at, end


@kernel
def header_bytes(data, at, stop, transport):
    """Return the size of the transport header, 0 where it has none of ours, -1 where it is cut off or not valid."""
    left = stop - at
    if transport == TCP:
        size = (u8(data, at + 12) >> 4) * 4 if left >= 20 else 0
        return size if 20 <= size <= left else np.int64(-1)
    if transport == UDP or transport == ICMP or transport == ICMPV6:
        return np.int64(8) if left >= 8 else np.int64(-1)
    if transport == SCTP:
        return np.int64(12) if left >= 12 else np.int64(-1)
    return np.int64(0)


@kernel
def answer_to(pairs, kind):
    """Return the ICMP type that answers `kind`, or -1."""
    for k in range(0, pairs.size, 2):
        if pairs[k] == kind:
            return pairs[k + 1]
        if pairs[k + 1] == kind:
            return pairs[k]
    return np.int64(-1)


@kernel
def read_ports(data, at, transport):
    """Return source and destination port; for ICMP type and counterpart, or type and code; 0 where there is none."""
    if transport == TCP or transport == UDP or transport == SCTP:
        return be16(data, at), be16(data, at + 2)
    if transport == ICMP or transport == ICMPV6:
        kind = u8(data, at)
        answer = answer_to(PAIRS_V4, kind) if transport == ICMP else answer_to(PAIRS_V6, kind)
        return kind, answer if answer >= 0 else u8(data, at + 1)
    return np.int64(0), np.int64(0)


@kernel
def udp_end(data, at, end, transport):
    """Return where a datagram ends: by its own length where that is less than the packet's (RFC 768)."""
    if transport == UDP and at + 8 <= end:
        length = be16(data, at + 4)
        if 8 <= length < end - at:
            return at + length
    return end


@kernel
def read_transport(data, i, at, stop, end, transport, packets, ip_claims, udp_claims):
    """Fill the transport columns of packet i, whose IP payload begins at `at`."""
    captured = min(stop, end)
    size = header_bytes(data, at, captured, transport)
    if size < 0 or at > captured:
        packets.declined[i] = TRANSPORT
        return
    end = udp_end(data, at, captured, transport) if end <= stop else end
    captured = min(stop, end)
    src_port, dst_port = read_ports(data, at, transport)
    packets.src_port[i], packets.dst_port[i] = src_port, dst_port
    packets.seq[i], packets.ack[i], packets.tcp_flags[i], packets.window[i] = 0, 0, 0, 0
    if transport == TCP:
        packets.seq[i], packets.ack[i] = be32(data, at + 4), be32(data, at + 8)
        packets.tcp_flags[i], packets.window[i] = u8(data, at + 13), be16(data, at + 14)
    packets.header_start[i] = at
    packets.payload_start[i] = at + size
    packets.payload_bytes[i], packets.captured_bytes[i] = end - at - size, captured - at - size
    packets.declined[i] = OK
    if ip_claims[transport]:
        packets.claim[i], packets.at[i], packets.end[i] = IP_SPACE | transport, at, captured
    elif transport == UDP and (udp_claims[src_port] or udp_claims[dst_port]):
        port = dst_port if udp_claims[dst_port] else src_port
        packets.claim[i], packets.at[i], packets.end[i] = UDP_SPACE | port, at + size, captured


@kernel
def read_link(data, i, packets):
    """Step over an Ethernet header; returns ethertype (-1: cut short) and next byte."""
    at, stop = packets.at[i], packets.end[i]
    if stop - at < 14:
        return np.int64(-1), at
    packets.link_start[i] = at
    ethertype, at, vlan_id, n_tags = skip_tags(data, at, stop)
    path = path_with(packets.path[i], PATH_ETH)
    for _ in range(n_tags):
        path = path_with(path, PATH_VLAN)
    packets.path[i] = path
    if n_tags:
        packets.vlan_id[i] = vlan_id
    if ethertype < LENGTHS_END:
        packets.end[i] = min(stop, at + ethertype)
        ethertype = np.int64(0)
    return ethertype, at


@kernel
def read_network(data, i, ethertype, at, packets, ip_claims, udp_claims):
    """Decode packet i from its IP header on."""
    stop, ip = packets.end[i], at
    if ethertype == IPV4:
        declined, transport, at, end = read_ipv4(data, at, stop)
        packets.src_high[i], packets.src_low[i] = 0, MAPPED_IPV4 | be32(data, ip + 12)
        packets.dst_high[i], packets.dst_low[i] = 0, MAPPED_IPV4 | be32(data, ip + 16)
        packets.ttl[i], packets.path[i] = u8(data, ip + 8), path_with(packets.path[i], PATH_IPV4)
    else:
        declined, transport, at, end = read_ipv6(data, at, stop)
        packets.src_high[i], packets.src_low[i] = be64(data, ip + 8), be64(data, ip + 16)
        packets.dst_high[i], packets.dst_low[i] = be64(data, ip + 24), be64(data, ip + 32)
        packets.ttl[i], packets.path[i] = u8(data, ip + 7), path_with(packets.path[i], PATH_IPV6)
    packets.declined[i], packets.transport[i] = declined, transport
    packets.ip_start[i], packets.ip_bytes[i] = ip, end - ip
    if declined == OK:
        read_transport(data, i, at, stop, end, transport, packets, ip_claims, udp_claims)
    elif declined == FRAGMENT:
        packets.at[i], packets.end[i] = ip, min(stop, end)


@kernel
def decode(data, packets, todo, ip_claims, udp_claims):
    """Decode the packets numbered in `todo`, each from its claim on: Ethernet, or an IP header.

    ip_claims, udp_claims: uint8 (256,), (65536,)  protocol numbers and ports that a layer answers to
    A packet that goes on in such a layer keeps its columns as a flow of its own, in case the layer refuses.
    """
    for k in range(todo.size):
        i = np.uint64(todo[k])
        ethertype, at = packets.claim[i] & 0xFFFF, packets.at[i]
        is_link = packets.claim[i] == ETHERNET_CLAIM
        packets.claim[i] = NO_CLAIM
        if is_link:
            ethertype, at = read_link(data, i, packets)
        left = packets.end[i] - at
        if packets.declined[i] != OK:  # what a tunnel carries must not undo the flow that carries it
            packets.declined[i] = SHORT
        if (ethertype == IPV4 and left >= 20) or (ethertype == IPV6 and left >= 40):
            read_network(data, i, ethertype, at, packets, ip_claims, udp_claims)
        elif ethertype >= 0 and ethertype != IPV4 and ethertype != IPV6:
            if packets.declined[i] != OK:
                packets.declined[i] = ETHERTYPE
            packets.claim[i], packets.at[i] = ETHERTYPE_SPACE | ethertype, at


@kernel
def begin(packets, link_type, n):
    """Set the columns of n packets to what is known before decoding."""
    for i in range(np.uint64(n)):
        packets.declined[i] = LINK_TYPE
        packets.claim[i] = LINK_SPACE | np.int64(link_type[i])
        packets.at[i], packets.end[i] = packets.start[i], packets.stop[i]
        packets.path[i], packets.tag[i], packets.link_start[i] = 0, -1, -1
        packets.vlan_id[i], packets.flow_row[i], packets.ip_bytes[i], packets.transport[i] = -1, -1, 0, 0
        packets.checksum[i] = 0


@kernel
def mark_in_arena(packets, which):
    """Say that the payload of the packets in `which` was decoded from the arena, not from the capture's bytes."""
    for k in range(which.size):
        i = which[k]
        packets.payload_start[i] = ~packets.payload_start[i]
        packets.header_start[i] = ~packets.header_start[i]
