"""Where the packets of a pcapng section lie (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.records import DAMAGED, ENDED, FULL, NS_PER_S, half, word

# Further reasons why a walk stopped: a block that Python reads, and one whose two lengths differ.
BLOCK, MISMATCHED = 4, 5

SECTION_HEADER, INTERFACE, OLD_PACKET, SIMPLE_PACKET, NAMES, STATISTICS, PACKET = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
JOURNAL, SECRETS, CUSTOM, CUSTOM_KEPT = 9, 0x0A, 0x0BAD, 0x40000BAD
BYTE_ORDER_MAGIC = 0x1A2B3C4D

BLOCK_BYTES, PACKET_BYTES, SIMPLE_BYTES = 12, 32, 16
END_OF_OPTIONS, COMMENT, DROP_COUNT = 0, 1, 4

# Columns of the matrix of a section's interfaces; all int64. NUMBER is counted through the capture. A time in ns is
# ticks * MULTIPLY // DIVIDE, or ticks >> SHIFT seconds where SHIFT is not negative; OFFSET_NS is added.
NUMBER, LINK_TYPE, SNAP_BYTES, SHIFT, MULTIPLY, DIVIDE, OFFSET_NS, N_DROPPED = range(8)
INTERFACE_COLUMNS = 8

# What a walk counts, each followed by the byte of the first; then the comments, and the time of the last packet.
UNKNOWN_INTERFACE, BROKEN, TIMELESS, TOO_LATE, N_COMMENTS, LAST_NS = 0, 2, 4, 6, 8, 9
COUNTS = 10

NO_BLOCK, BEYOND = np.int64(0), np.int64(-1)

MOST_NS = np.int64((1 << 63) - 1)
MOST_DROPPED = np.int64(1 << 40)
"""Dropped packets believed of one count: a line of 400 Gbit/s loses so many in half an hour."""
UNKNOWN_DROPS = 0xFFFF


class Section(NamedTuple):
    """What the blocks of a section are read by.

    is_big:        1 where numbers are big-endian
    most_bytes:    longest block believed
    trusted_at:    byte of the block whose leading length is believed whatever the trailing one says, or -1
    n_interfaces:  rows of the matrix that are described
    """

    is_big: int
    most_bytes: int
    trusted_at: int
    n_interfaces: int


class Tally(NamedTuple):
    """What a walk met beside packets: counts int64 (COUNTS,), comments int64 (n, 2), start and stop of each."""

    counts: NDArray[np.int64]
    comments: NDArray[np.int64]


@kernel
def walk_blocks(data, at, until, n, section, interfaces, index, tally):
    """Find the packets from byte `at` on and write them behind the n already in the index; step over what has none.

    Returns the packets now in the index, the byte where to go on, and why it stopped.
    """
    while n < index.start.size and at < until:
        if at + BLOCK_BYTES > data.size:
            return n, at, ENDED
        kind, total = word(data, at, section.is_big), word(data, at + 4, section.is_big)
        if kind == SECTION_HEADER:
            return n, at, BLOCK
        if total < BLOCK_BYTES or total > section.most_bytes:
            return n, at, DAMAGED
        if at + total > data.size:
            return n, at, ENDED
        if word(data, at + total - 4, section.is_big) != total and at != section.trusted_at:
            return n, at, MISMATCHED
        if kind in (INTERFACE, STATISTICS, SECRETS):
            return n, at, BLOCK
        if kind in (PACKET, OLD_PACKET, SIMPLE_PACKET):
            n += _index_packet(data, at, at + total, n, section, interfaces, index, tally)
        at += total
    return n, at, FULL


@kernel
def _index_packet(data, at, stop, n, section, interfaces, index, tally):
    """Write the packet of the block from `at` to `stop` as number n of the index; return 1, or 0 if it is refused."""
    kind, row, start = word(data, at, section.is_big), _interface_row(data, at, section.is_big), at + PACKET_BYTES - 4
    if kind == SIMPLE_PACKET:
        start = at + SIMPLE_BYTES - 4
    if start + 4 > stop:
        return _count(tally, BROKEN, at)
    if row >= section.n_interfaces:
        return _count(tally, UNKNOWN_INTERFACE, at)
    wire, captured, ts_ns = word(data, start - 4, section.is_big), np.int64(0), np.int64(0)
    if kind == SIMPLE_PACKET:
        captured = min(wire, stop - 4 - start)
        if interfaces[row, SNAP_BYTES] > 0:
            captured = min(captured, interfaces[row, SNAP_BYTES])
        ts_ns = tally.counts[LAST_NS]
        _count(tally, TIMELESS, at)
    else:
        captured = word(data, start - 8, section.is_big)
        ts_ns = ticks_to_ns(
            word(data, start - 16, section.is_big), word(data, start - 12, section.is_big), interfaces[row]
        )
    if start + captured > stop - 4:
        return _count(tally, BROKEN, at)
    if ts_ns == MOST_NS:
        _count(tally, TOO_LATE, at)
    index.start[n], index.stop[n], index.ts_ns[n], index.wire_bytes[n] = start, start + captured, ts_ns, wire
    index.link_type[n], index.interface[n] = interfaces[row, LINK_TYPE], interfaces[row, NUMBER]
    tally.counts[LAST_NS] = ts_ns
    if kind != SIMPLE_PACKET:
        if kind == OLD_PACKET:
            drops = half(data, at + 10, section.is_big)
            add_drops(interfaces[row], 0 if drops == UNKNOWN_DROPS else drops)
        _read_options(data, start + padded(captured), stop - 4, section.is_big, interfaces[row], tally)
    return 1


@kernel
def _interface_row(data, at, is_big):
    """Return which interface the packet block at byte `at` names; a simple one means the first."""
    kind = word(data, at, is_big)
    if kind == SIMPLE_PACKET:
        return np.int64(0)
    return word(data, at + 8, is_big) if kind == PACKET else half(data, at + 8, is_big)


@kernel
def _count(tally, what, at):
    """Count what is not as it should be; return 0."""
    if tally.counts[what] == 0:
        tally.counts[what + 1] = at
    tally.counts[what] += 1
    return 0


@kernel
def padded(size):
    """Return a size rounded up to the 32 bits that blocks and options are aligned to."""
    return (size + 3) & ~3


@kernel
def _read_options(data, at, stop, is_big, interface, tally):
    """Note the comments and the lost packets that a packet's options tell of."""
    while at + 4 <= stop:
        code, size = half(data, at, is_big), half(data, at + 2, is_big)
        at += 4
        if code == END_OF_OPTIONS or at + size > stop:
            return
        if code == COMMENT and tally.counts[N_COMMENTS] < tally.comments.shape[0]:
            k = tally.counts[N_COMMENTS]
            tally.comments[k, 0], tally.comments[k, 1] = at, at + size
            tally.counts[N_COMMENTS] += 1
        if code == DROP_COUNT and size == 8:
            high, low = word(data, at + 4 - 4 * is_big, is_big), word(data, at + 4 * is_big, is_big)
            add_drops(interface, MOST_DROPPED if high else low)
        at += padded(size)


@kernel
def add_drops(interface, n_packets):
    """Add lost packets to an interface; a count that cannot be is held at its bound."""
    interface[N_DROPPED] = min(interface[N_DROPPED] + min(n_packets, MOST_DROPPED), np.int64(1 << 62))


@kernel
def ticks_to_ns(high, low, interface):
    """Return a 64-bit count of an interface's ticks as ns since 1970, rounded down; the bounds of int64 hold it."""
    ticks = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
    if interface[SHIFT] >= 0:
        ts_ns = _binary_ns(high, low, interface[SHIFT])
    elif interface[DIVIDE] != 1:
        ts_ns = np.int64(ticks // np.uint64(interface[DIVIDE])) * interface[MULTIPLY]
    elif ticks > np.uint64(MOST_NS // interface[MULTIPLY]):
        ts_ns = MOST_NS
    else:
        ts_ns = np.int64(ticks) * interface[MULTIPLY]
    offset = interface[OFFSET_NS]
    return MOST_NS if offset > 0 and ts_ns > MOST_NS - offset else ts_ns + offset


@kernel
def _binary_ns(high, low, shift):
    """Return ticks of 2**-shift seconds as ns: whole seconds, and the rest in two halves lest it overflow."""
    ticks = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
    seconds, rest = np.uint64(0), ticks
    if shift < 64:
        seconds = ticks >> np.uint64(shift)
        rest = ticks & ((np.uint64(1) << np.uint64(shift)) - np.uint64(1))
    if seconds > np.uint64(MOST_NS // NS_PER_S - 1):
        return MOST_NS
    upper, lower = np.int64(rest >> np.uint64(32)) * NS_PER_S, np.int64(rest & np.uint64(0xFFFFFFFF)) * NS_PER_S
    if shift <= 32:
        return np.int64(seconds) * NS_PER_S + (lower >> shift)
    if shift >= 95:
        return np.int64(0)
    return np.int64(seconds) * NS_PER_S + ((upper + (lower >> 32)) >> (shift - 32))


@kernel
def find_block(data, at, section, is_end):
    """Look from byte `at` on for a block of a known kind whose two lengths agree.

    Returns its byte and FULL; where the search must go on once more bytes have come and ENDED; the end of the data
    and ENDED where there is none.
    """
    while at + BLOCK_BYTES <= data.size:
        total = sound_length(data, at, section)
        if total > 0 or (total == BEYOND and not is_end):
            return at, FULL if total > 0 else ENDED
        at += 1
    return (data.size if is_end else at), ENDED


@kernel
def sound_length(data, at, section):
    """Return the length of the block at byte `at` if it is of a known kind and ends as it begins.

    NO_BLOCK where it is not, BEYOND where its end is not at hand.
    """
    total = told_length(data, at, section)
    if total <= 0:
        return total
    if at + total > data.size:
        return BEYOND
    return total if word(data, at + total - 4, _order_of(data, at, section.is_big)) == total else NO_BLOCK


@kernel
def told_length(data, at, section):
    """Return the length that the block of a known kind at byte `at` begins with, NO_BLOCK or BEYOND."""
    if at + BLOCK_BYTES > data.size:
        return BEYOND
    is_big = _order_of(data, at, section.is_big)
    total = word(data, at + 4, max(is_big, 0))
    if is_big < 0 or total < BLOCK_BYTES or total > section.most_bytes or total % 4:
        return NO_BLOCK
    return total


@kernel
def _order_of(data, at, is_big):
    """Return the byte order of the block of a known kind at byte `at`, -1 where there is none."""
    kind = word(data, at, is_big)
    if kind == SECTION_HEADER:
        if word(data, at + 8, 0) == BYTE_ORDER_MAGIC:
            return 0
        return 1 if word(data, at + 8, 1) == BYTE_ORDER_MAGIC else -1
    if INTERFACE <= kind <= PACKET:
        return is_big
    return is_big if kind in (JOURNAL, SECRETS, CUSTOM, CUSTOM_KEPT) else -1
