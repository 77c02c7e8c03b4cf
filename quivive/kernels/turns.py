"""Who said what, in order: the payload that a parser wants, gathered from the capture turn by turn.

A turn is what one side of a flow said before the other spoke: stream bytes without a gap, or one datagram.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from quivive.kernels.flow_row import CONFIDENCE, DELIVERED, DONE, N_PAYLOADS, SERVICE
from quivive.kernels.headers import ICMP, ICMPV6, OK, TCP
from quivive.kernels.jit import kernel
from quivive.model.limits import FIRST_PAYLOADS

UNREAD, PARSED, BULK = range(3)
"""How a service is read: not at all, turn by turn, or many datagrams at once."""

RANK_BASE = np.int64(1 << 30)

Picks = namedtuple("Picks", "key source")
"""What is to be gathered: int64 key flow row << 32 | rank of delivery; source: piece number, or ~packet number."""

Turns = namedtuple("Turns", "flow side begin end gap ts_ns is_datagram n_marks")
"""int64 columns; begin and end bound the bytes in the gathered arena; gap: bytes missing before them; ts_ns: of the
first byte; n_marks: pieces joined, of which each has its own time in Marks."""

Marks = namedtuple("Marks", "begin ts_ns")
"""int64 columns, one row per piece gathered: where it begins in the arena, and when it was captured."""


@kernel
def is_wanted(row, flow, side, reads):
    """Return whether a parser reads this side of the flow, or its protocol is still being looked for."""
    if row[flow, DONE + side]:
        return False
    if row[flow, CONFIDENCE]:
        return reads[row[flow, SERVICE]] != UNREAD
    return row[flow, N_PAYLOADS] <= FIRST_PAYLOADS and row[flow, N_PAYLOADS + 1] <= FIRST_PAYLOADS


@kernel
def is_within(row, flow, head, offset):
    """Return whether a stream offset (or a datagram's number) is among the first that its protocol wants."""
    limit = head[row[flow, SERVICE]]
    return limit == 0 or offset < limit


@kernel
def pick_pieces(pieces, n_pieces, segments, row, reads, head, picks, count):
    """List the stream pieces that are wanted; returns their number and the bytes they hold."""
    stream, rank, n_bytes = np.int64(-1), np.int64(0), np.int64(0)
    for p in range(np.uint64(n_pieces)):
        order = segments.order[pieces.segment[p]] + RANK_BASE
        # A piece is delivered when the last segment before it in the stream has come.
        rank = max(rank, order) if pieces.stream[p] == stream else order
        stream = pieces.stream[p]
        flow = stream >> 1
        if is_wanted(row, flow, stream & 1, reads) and is_within(row, flow, head, pieces.offset[p]):
            picks.key[count], picks.source[count] = (stream >> 1) << 32 | rank, p
            count, n_bytes = count + 1, n_bytes + pieces.size[p]
    return count, n_bytes


@kernel
def datagram_start(packets, i):
    """Return where the message of a packet begins: ICMP's with its header, others behind theirs."""
    if packets.transport[i] == ICMP or packets.transport[i] == ICMPV6:
        return packets.header_start[i]
    return packets.payload_start[i]


@kernel
def datagram_bytes(packets, i):
    """Return the captured bytes of the message of a packet."""
    if packets.transport[i] == ICMP or packets.transport[i] == ICMPV6:
        return np.int64(packets.captured_bytes[i]) + 8
    return np.int64(packets.captured_bytes[i])


@kernel
def pick_datagrams(packets, n, row, reads, head, picks, count, bulk):
    """List the datagrams that are wanted; returns their number, their bytes, and the number of those read in bulk."""
    n_bytes, n_bulk = np.int64(0), np.int64(0)
    for i in range(np.uint64(n)):
        if packets.declined[i] != OK or packets.transport[i] == TCP or datagram_bytes(packets, i) == 0:
            continue
        flow, side = np.int64(packets.flow_row[i]), np.int64(packets.side[i])
        if row[flow, CONFIDENCE] and reads[row[flow, SERVICE]] == BULK:
            bulk[n_bulk] = i
            n_bulk += 1
        elif is_wanted(row, flow, side, reads) and is_within(row, flow, head, row[flow, DELIVERED + side]):
            row[flow, DELIVERED + side] += 1
            picks.key[count], picks.source[count] = flow << 32 | (np.int64(i) + RANK_BASE), ~np.int64(i)
            count, n_bytes = count + 1, n_bytes + datagram_bytes(packets, i)
    return count, n_bytes, n_bulk


@kernel
def copy(data, arena, start, size, out, to):
    """Copy payload bytes to `out`; returns the byte after them."""
    source, at = (data, start) if start >= 0 else (arena, ~start)
    # Unsigned indices: no test for negative ones, so the loop becomes wide loads and stores (5 times as fast).
    first, target = np.uint64(at), np.uint64(to)
    for k in range(np.uint64(max(size, 0))):
        out[target + k] = source[first + k]
    return to + size


@kernel
def gather_turns(data, arena, packets, pieces, segments, order, picks, turns, marks, out):
    """Copy the picks, in the order given, and join what one side said without a break; returns the number of turns."""
    count, to, last = np.int64(-1), np.int64(0), np.int64(-1)
    for k in range(order.size):
        source = picks.source[np.uint64(order[k])]
        if source >= 0:
            p = np.uint64(source)
            stream, start, size = pieces.stream[p], pieces.start[p], pieces.size[p]
            gap, ts_ns = pieces.gap[p], segments.ts_ns[np.uint64(pieces.segment[p])]
        else:
            i = np.uint64(~source)
            stream = np.int64(packets.flow_row[i]) * 2 + np.int64(packets.side[i])
            start, size, gap = datagram_start(packets, i), datagram_bytes(packets, i), np.int64(0)
            ts_ns = packets.ts_ns[i]
        if source < 0 or stream != last or gap > 0:
            count += 1
            turns.flow[count], turns.side[count], turns.begin[count] = stream >> 1, stream & 1, to
            turns.gap[count], turns.ts_ns[count], turns.n_marks[count] = gap, ts_ns, 0
            turns.is_datagram[count] = source < 0
        marks.begin[k], marks.ts_ns[k] = to, ts_ns
        turns.n_marks[count] += 1
        to = copy(data, arena, start, size, out, to)
        turns.end[count] = to
        last = stream if source >= 0 else np.int64(-1)
    return count + 1


@kernel
def copy_turns(data, marks, turns, first_mark, begin, mark, out, out_marks):
    """Copy turns and their marks, which begin at first_mark, to where their bytes and marks are to begin in `out`."""
    for k in range(begin.size):
        copy(data, data, turns.begin[k], turns.end[k] - turns.begin[k], out, begin[k])
        for nth in range(turns.n_marks[k]):
            source, to = np.uint64(first_mark[k] + nth), np.uint64(mark[k] + nth)
            out_marks.begin[to] = marks.begin[source] - turns.begin[k] + begin[k]
            out_marks.ts_ns[to] = marks.ts_ns[source]


@kernel
def gather_bulk(data, arena, packets, bulk, start, out):
    """Copy datagrams one after the other; start (n + 1,) receives where each begins, and the end."""
    to = np.int64(0)
    for k in range(bulk.size):
        i = np.uint64(bulk[k])
        start[k] = to
        to = copy(data, arena, datagram_start(packets, i), datagram_bytes(packets, i), out, to)
    start[bulk.size] = to


@kernel
def gather_links(data, packets, which, start, out):
    """Copy the link messages numbered in `which`; start (n + 1,) receives where each begins, and the end."""
    to = np.int64(0)
    for k in range(which.size):
        i = np.uint64(which[k])
        start[k] = to
        to = copy(data, data, packets.at[i], packets.end[i] - packets.at[i], out, to)
    start[which.size] = to
