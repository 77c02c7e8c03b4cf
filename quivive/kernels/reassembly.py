"""TCP payloads into stream order: every byte once, the first to arrive wins, gaps are named.

Overlap policy: of two segments that bring the same byte, the one captured first wins (RFC 9293 leaves the choice to
the receiver; Linux and Windows keep what they have). What lies behind a hole waits for it, in the next batch too, until
the other side acknowledges bytes behind the hole, the flow ends or the room for waiting is used up.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from quivive.kernels.accounting import H_GAP, ahead, note
from quivive.kernels.flow_row import ACK_TOP, DELIVERED, END_REASON, GAP_BEFORE, GAP_BYTES, N_GAPS, NEXT_SEQ, TCP_FLAGS
from quivive.kernels.headers import OK, TCP
from quivive.kernels.jit import kernel
from quivive.model.limits import OVERLAPPING_SEGMENTS

ACK = 0x10
FAR = np.int64(0x80000000)

Segments = namedtuple("Segments", "flow side seq size start captured order ts_ns packet")
"""TCP payloads: int64 columns; start is an offset in the data or ~offset in the arena; order ranks them by capture."""

Pieces = namedtuple("Pieces", "stream segment start size gap offset")
"""Payload in stream order: int64 columns.

stream: flow row * 2 + side   segment: its number   start: offset as in Segments   size: bytes
gap: bytes of the stream that are missing before it (never captured, or cut off by a snap length)
offset: where it stands in the stream, from its first byte
"""


@kernel
def pick_segments(packets, n, row, segments, count):
    """Append the batch's TCP packets with payload to the segments held from before; returns their number."""
    for i in range(np.uint64(n)):
        if packets.declined[i] == OK and packets.transport[i] == TCP and packets.payload_bytes[i] > 0:
            s = np.uint64(count)
            segments.flow[s], segments.side[s] = packets.flow_row[i], packets.side[i]
            segments.seq[s], segments.size[s] = packets.seq[i], packets.payload_bytes[i]
            segments.start[s], segments.captured[s] = packets.payload_start[i], packets.captured_bytes[i]
            segments.order[s], segments.ts_ns[s], segments.packet[s] = i, packets.ts_ns[i], i
            if packets.tcp_flags[i] & 2:
                segments.seq[s] = (segments.seq[s] + 1) & 0xFFFFFFFF  # data on a SYN comes behind it
            count += 1
    return count


@kernel
def keys_of(segments, count, row, key):
    """Fill the sort key: flow, side, distance from what was delivered last."""
    for s in range(np.uint64(count)):
        flow, side = segments.flow[s], segments.side[s]
        from_start = ahead(segments.seq[s], row[np.uint64(flow), np.uint64(NEXT_SEQ + side)])
        key[s] = ((flow * 2 + side) << 32) | (from_start + FAR)


@kernel
def distance(key):
    """Return the distance from the delivered bytes that a key holds."""
    return (key & 0xFFFFFFFF) - FAR


@kernel
def is_acknowledged(row, flow, side, at):
    """Return whether the other side acknowledges bytes beyond `at` of this side: what is missing was received."""
    if not row[flow, TCP_FLAGS + 1 - side] & ACK:
        return False
    return ahead(row[flow, ACK_TOP + 1 - side], (row[flow, NEXT_SEQ + side] + at) & 0xFFFFFFFF) > 0


@kernel
def winner_at(segments, picked, key, first, last, at):
    """Return the earliest segment among those that cover stream byte `at`, or -1; segments start in order."""
    best = np.int64(-1)
    for s in range(first, min(last, first + OVERLAPPING_SEGMENTS)):
        start = distance(key[s])
        if start > at:
            break
        if start + segments.size[picked[s]] > at and (
            best < 0 or segments.order[picked[s]] < segments.order[picked[best]]
        ):
            best = np.int64(s)
    return best


@kernel
def emit(pieces, count, stream, segments, chosen, begin, until, at, gap, base):
    """Append stream bytes `at` to `until` of a segment that begins at `begin`; returns the number of pieces."""
    captured = begin + segments.captured[chosen]
    start, offset = segments.start[chosen], at - begin
    if at < captured:
        end = min(until, captured)
        pieces.stream[count], pieces.segment[count], pieces.size[count] = stream, chosen, end - at
        pieces.start[count] = start + offset if start >= 0 else start - offset
        pieces.gap[count], pieces.offset[count] = gap, base + at
        count, at, gap = count + 1, end, np.int64(0)
    if at < until:  # the capture cut the packet short: a gap that the next piece names
        gap += until - at
    return count, gap


@kernel
def cut_stream(segments, picked, key, first, last, row, pieces, count, held, n_held):
    """Emit one side's pieces and hold what lies behind a hole; returns the numbers of pieces and of held segments."""
    stream = key[first] >> 32
    flow, side = stream >> 1, stream & 1
    at, s, gap, is_ended = np.int64(0), first, row[flow, GAP_BEFORE + side], row[flow, END_REASON] != 0
    base = row[flow, DELIVERED + side]
    while s < last:
        size, start = segments.size[picked[s]], distance(key[s])
        if start + size <= at:
            s += 1
            continue
        if start > at:
            if not is_ended and not is_acknowledged(row, flow, side, at) and n_held + last - s <= held.size:
                break
            row[flow, N_GAPS + side] += 1
            row[flow, GAP_BYTES + side] += start - at
            note(row, flow, side, H_GAP)
            gap, at = gap + start - at, start
        best = winner_at(segments, picked, key, s, last, at)
        if best < 0:
            best = np.int64(s)
        begin = distance(key[best])
        until = begin + segments.size[picked[best]]
        for t in range(s, min(last, s + OVERLAPPING_SEGMENTS)):
            if at < distance(key[t]) < until and segments.order[picked[t]] < segments.order[picked[best]]:
                until = distance(key[t])
                break
        if count + 1 >= pieces.start.size:
            break
        count, gap = emit(pieces, count, stream, segments, picked[best], begin, until, at, gap, base)
        at = until
    while s < last and n_held < held.size and not is_ended:
        if distance(key[s]) + segments.size[picked[s]] > at:
            held[n_held] = picked[s]
            n_held += 1
        s += 1
    row[flow, NEXT_SEQ + side] = (row[flow, NEXT_SEQ + side] + at) & 0xFFFFFFFF
    row[flow, GAP_BEFORE + side], row[flow, DELIVERED + side] = gap, base + at
    return count, n_held


@kernel
def cut_pieces(segments, picked, key, row, pieces, held):
    """Walk the sorted segments stream by stream; returns the numbers of pieces and of segments held."""
    first, count, n_held = np.int64(0), np.int64(0), np.int64(0)
    while first < key.size:
        stream = key[first] >> 32
        last = first
        while last < key.size and key[last] >> 32 == stream:
            last += 1
        count, n_held = cut_stream(segments, picked, key, first, last, row, pieces, count, held, n_held)
        first = last
    return count, n_held
