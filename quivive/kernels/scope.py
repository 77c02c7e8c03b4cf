"""Which packets a mandate lets in: own networks, excluded hosts, window and hours; the rest is cut off here.

Ranges of addresses are rows of four int64: first and last address in two halves each, their top bits turned over so
that signed numbers compare as the unsigned ones of the wire do. Rows are sorted and do not overlap.
"""

from __future__ import annotations

import numpy as np

from quivive.kernels.headers import (
    FRAGMENT,
    ICMP,
    ICMPV6,
    LINK_MESSAGE,
    MAPPED_IPV4,
    NO_CLAIM,
    OK,
    OUT_OF_SCOPE,
)
from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32, be64

# Why a packet is cut off; KEPT stands for those that are not.
KEPT, OUTSIDE_NETWORKS, EXCLUDED_HOST, OUTSIDE_WINDOW, OUTSIDE_HOURS, NOT_DECODED, LINK, QUOTED = range(8)
CUT_OFF = (
    "kept",
    "outside the networks",
    "excluded host",
    "outside the window",
    "outside the hours",
    "not decoded",
    "message on the link that no address ties to the networks",
    "error message about a packet out of scope",
)

TURN = np.int64(-(1 << 63))
ARP_BYTES, ARP_SENDER, ARP_TARGET = 28, 14, 24
"""An ARP message between addresses of six and four bytes, and where the network addresses stand (RFC 826)."""


@kernel
def is_within(ranges, high, low):
    """Return whether an address, given in two halves as on the wire, lies in one of the ranges."""
    high, low = high ^ TURN, low ^ TURN
    first, last = np.int64(0), np.int64(ranges.shape[0])
    while first < last:
        middle = (first + last) >> 1
        if ranges[middle, 0] < high or (ranges[middle, 0] == high and ranges[middle, 1] <= low):
            first = middle + 1
        else:
            last = middle
    if first == 0:
        return False
    end_high, end_low = ranges[first - 1, 2], ranges[first - 1, 3]
    return high < end_high or (high == end_high and low <= end_low)


@kernel
def judge(networks, excluded, src_high, src_low, dst_high, dst_low):
    """Return KEPT where one end is in the networks and neither is excluded, else why not."""
    if not is_within(networks, src_high, src_low) and not is_within(networks, dst_high, dst_low):
        return OUTSIDE_NETWORKS
    if excluded.shape[0] and (is_within(excluded, src_high, src_low) or is_within(excluded, dst_high, dst_low)):
        return EXCLUDED_HOST
    return KEPT


@kernel
def judge_time(spans, ts_ns):
    """Return KEPT where a time is within the window (row 0) and within one of the hours (the other rows)."""
    if ts_ns < spans[0, 0] or ts_ns >= spans[0, 1]:
        return OUTSIDE_WINDOW
    first, last = np.int64(1), np.int64(spans.shape[0])
    while first < last:
        middle = (first + last) >> 1
        if spans[middle, 0] <= ts_ns:
            first = middle + 1
        else:
            last = middle
    return KEPT if first > 1 and ts_ns < spans[first - 1, 1] else OUTSIDE_HOURS


@kernel
def judge_arp(data, at, end, networks, excluded):
    """Judge an ARP message by the addresses it is about; any other message on the link is out of scope."""
    if end - at < ARP_BYTES or be16(data, at + 2) != 0x0800 or be16(data, at + 4) != 0x0604:
        return LINK
    sender, target = MAPPED_IPV4 | be32(data, at + ARP_SENDER), MAPPED_IPV4 | be32(data, at + ARP_TARGET)
    found = judge(networks, excluded, np.int64(0), sender, np.int64(0), target)
    return LINK if found == OUTSIDE_NETWORKS else found


@kernel
def judge_quoted(source, at, size, transport, kind, networks, excluded):
    """Judge the packet that an ICMP error quotes: it was somebody's too. What quotes no addresses is kept."""
    found = KEPT
    if transport == ICMP and (3 <= kind <= 5 or kind == 11 or kind == 12):
        if size >= 20 and source[at] >> 4 == 4:
            src, dst = MAPPED_IPV4 | be32(source, at + 12), MAPPED_IPV4 | be32(source, at + 16)
            found = judge(networks, excluded, np.int64(0), src, np.int64(0), dst)
    elif transport == ICMPV6 and 1 <= kind <= 4 and size >= 40 and source[at] >> 4 == 6:
        found = judge(
            networks,
            excluded,
            be64(source, at + 8),
            be64(source, at + 16),
            be64(source, at + 24),
            be64(source, at + 32),
        )
    return QUOTED if found != KEPT else KEPT


@kernel
def judge_packet(data, arena, i, packets, networks, excluded):
    """Return KEPT or why a packet is cut off, by its addresses."""
    declined = packets.declined[i]
    if declined == LINK_MESSAGE:
        return judge_arp(data, packets.at[i], packets.end[i], networks, excluded)
    if declined != OK and declined != FRAGMENT:
        return NOT_DECODED
    found = judge(networks, excluded, packets.src_high[i], packets.src_low[i], packets.dst_high[i], packets.dst_low[i])
    transport = packets.transport[i]
    if found == KEPT and declined == OK and (transport == ICMP or transport == ICMPV6):
        start, size = packets.payload_start[i], np.int64(packets.captured_bytes[i])
        source, at = (data, start) if start >= 0 else (arena, ~start)
        return judge_quoted(source, at, size, transport, packets.src_port[i], networks, excluded)
    return found


@kernel
def mask(data, arena, packets, networks, excluded, spans, counts):
    """Mark packets out of scope, forget what was decoded of them, and count why.

    networks, excluded: int64 (n, 4)  ranges as above    spans: int64 (n, 2)  first ns and the one after the last:
    row 0 the window, the others its hours, sorted       counts: int64 (8,)  packets by reason
    """
    for i in range(packets.start.size):
        found = judge_time(spans, packets.ts_ns[i])
        if found == KEPT:
            found = judge_packet(data, arena, i, packets, networks, excluded)
        counts[found] += 1
        if found != KEPT:
            packets.declined[i], packets.claim[i] = OUT_OF_SCOPE, NO_CLAIM
            packets.at[i], packets.end[i], packets.tag[i], packets.link_start[i] = 0, 0, -1, -1
            packets.src_high[i], packets.src_low[i], packets.dst_high[i], packets.dst_low[i] = 0, 0, 0, 0
            packets.src_port[i], packets.dst_port[i], packets.transport[i] = 0, 0, 0
            packets.header_start[i], packets.payload_start[i] = 0, 0
            packets.payload_bytes[i], packets.captured_bytes[i], packets.ip_bytes[i] = 0, 0, 0
