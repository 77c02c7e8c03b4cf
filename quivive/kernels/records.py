"""Where the packets of a pcap file lie (draft-ietf-opsawg-pcap), and the index that all capture readers fill."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel

# Why a walk stopped: the index is full, the bytes at hand end, no record can be read here, or the last packet was cut.
FULL, ENDED, DAMAGED, CUT_BACK = 0, 1, 2, 3

LENGTHS_AS_IS, LENGTHS_SWAPPED, LENGTHS_MAYBE_SWAPPED = 0, 1, 2

NS_PER_S = 1_000_000_000

CHAIN = 3
"""Records in a row that must be sound before one in the middle of nowhere is believed."""


class PacketIndex(NamedTuple):
    """Columns of a batch, to be filled: those of a PacketBuffer, all of one length."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    ts_ns: NDArray[np.int64]
    wire_bytes: NDArray[np.int64]
    link_type: NDArray[np.int32]
    interface: NDArray[np.int32]


class RecordShape(NamedTuple):
    """How one pcap file writes its records.

    is_big:        1 where numbers are big-endian
    header_bytes:  16, or more in modified formats
    ns_per_tick:   1,000 or 1
    lengths:       whether captured and wire length stand in each other's place (LENGTHS_...)
    most_bytes:    longest packet believed
    link_type:     of all its packets
    """

    is_big: int
    header_bytes: int
    ns_per_tick: int
    lengths: int
    most_bytes: int
    link_type: int


class Bounds(NamedTuple):
    """What is known when a lost record is looked for.

    low_s, high_s:  times it may bear
    is_end:         1 where nothing comes behind the bytes at hand
    is_timed:       1 where the times are narrowed by packets already read
    """

    low_s: int
    high_s: int
    is_end: int
    is_timed: int


@kernel
def word(data, at, is_big):
    """Return the 32-bit number at byte `at` in either byte order, as int64."""
    a, b, c, d = np.int64(data[at]), np.int64(data[at + 1]), np.int64(data[at + 2]), np.int64(data[at + 3])
    if is_big:
        return (a << 24) | (b << 16) | (c << 8) | d
    return (d << 24) | (c << 16) | (b << 8) | a


@kernel
def half(data, at, is_big):
    """Return the 16-bit number at byte `at` in either byte order, as int64."""
    a, b = np.int64(data[at]), np.int64(data[at + 1])
    return (a << 8) | b if is_big else (b << 8) | a


@kernel
def record_lengths(data, at, shape):
    """Return the captured length and the wire length of the record at byte `at`."""
    captured, wire = word(data, at + 8, shape.is_big), word(data, at + 12, shape.is_big)
    if shape.lengths == LENGTHS_SWAPPED or (shape.lengths == LENGTHS_MAYBE_SWAPPED and captured > wire):
        return wire, captured
    return captured, wire


@kernel
def index_records(data, at, until, n, shape, bounds, index):
    """Find the records from byte `at` on and write them behind the n packets already in the index.

    Stops behind byte `until`. Returns the packets now in the index, the byte where to go on, and why it stopped.
    A record whose header breaks a rule is believed unless sound records lie within it: then it is cut back to them.
    """
    while n < index.start.size and at < until:
        start = at + shape.header_bytes
        if start > data.size:
            return n, at, ENDED
        captured, wire = record_lengths(data, at, shape)
        if captured > shape.most_bytes:
            return n, at, DAMAGED
        stop = start + captured
        if stop > data.size:
            return n, at, ENDED
        seconds, ns = word(data, at, shape.is_big), word(data, at + 4, shape.is_big) * shape.ns_per_tick
        index.start[n], index.stop[n], index.wire_bytes[n] = start, stop, wire
        index.ts_ns[n] = seconds * NS_PER_S + ns
        index.link_type[n], index.interface[n] = shape.link_type, 0
        if captured == 0 or captured > wire or wire > shape.most_bytes or ns >= NS_PER_S:
            hidden, verdict = find_record(data, index.start[max(n - 1, 0)], stop, shape, bounds)
            if hidden < stop:
                return _cut_back(index, n, at, hidden, verdict)
        at = stop
        n += 1
    return n, at, FULL


@kernel
def _cut_back(index, n, at, hidden, verdict):
    """End record number n, whose header is at byte `at`, or the one before it where sound records begin."""
    if verdict == ENDED:
        return n, at, ENDED
    if hidden >= index.start[n]:
        n += 1
    if n:
        index.stop[n - 1] = min(index.stop[n - 1], hidden)
    return n, hidden, CUT_BACK


@kernel
def is_sound(data, at, shape, bounds):
    """Return whether the whole record header at byte `at` keeps every rule that real captures keep."""
    seconds = word(data, at, shape.is_big)
    if seconds < bounds.low_s or seconds > bounds.high_s:
        return False
    captured, wire = record_lengths(data, at, shape)
    if captured == 0 or captured > wire or wire > shape.most_bytes:
        return False
    return word(data, at + 4, shape.is_big) * shape.ns_per_tick < NS_PER_S


@kernel
def find_record(data, at, until, shape, bounds):
    """Look from byte `at` on, not beyond byte `until`, for a chain of sound records.

    Returns where it begins and FULL; where the search must go on once more bytes have come and ENDED; `until` and
    ENDED where there is none.
    """
    while at < until:
        if at + shape.header_bytes > data.size:
            return (until if bounds.is_end else at), ENDED
        if is_sound(data, at, shape, bounds):
            verdict = _judge_chain(data, at, shape, bounds)
            if verdict != DAMAGED:
                return at, verdict
        at += 1
    return until, ENDED


@kernel
def _judge_chain(data, at, shape, bounds):
    """Return FULL for a chain, DAMAGED for none, ENDED where too few bytes are at hand to tell."""
    n = 0
    while n < CHAIN:
        if at == data.size and bounds.is_end:
            return FULL if n > 1 or bounds.is_timed else DAMAGED
        if at + shape.header_bytes > data.size:
            return ENDED if not bounds.is_end else FULL if n > 1 else DAMAGED
        if not is_sound(data, at, shape, bounds):
            return DAMAGED
        captured, _wire = record_lengths(data, at, shape)
        at += shape.header_bytes + captured
        n += 1
    return FULL
