"""Fragments of IP datagrams: read their headers, find which belong together and which datagrams are whole.

A row per fragment, a row per datagram; both int64, their fields named by the constants below.
"""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32, be64

EXTENSIONS = 8
"""IPv6 extension headers that are followed: RFC 8200 lists seven kinds, each of which should stand once."""
LARGEST = 65_535
"""Bytes that the length fields of IPv4 and IPv6 can count."""
BLOCKS = 8192
"""Pieces of eight bytes that a datagram can have: the unit of every fragment's offset."""

# Fields of a fragment. HEADER, BODY: where the bytes lie; SIZE: of the body; NEXT_AT: where, from the packet's first
# byte on, the number of the IPv6 fragment header stands that NEXT takes the place of (0 for IPv4).
SRC_HIGH, SRC_LOW, DST_HIGH, DST_LOW, IDENT = range(5)
TS_NS, CAPTURED, HEADER, HEADER_BYTES, BODY, SIZE, OFFSET, MORE, NEXT_AT, NEXT, FAULT, DATAGRAM, OVERLAPPED = range(
    5, 18
)
FRAGMENT_FIELDS = 18

# Fields of a datagram. FURTHEST: end of the furthest fragment, TOTAL: end of the last one, -1 while it is missing.
FIRST_NS, FIRST_ROW, LAST_ROW, TOTAL, FURTHEST, COVERED, VERDICT, OVERLAPS, N_BYTES, IS_OLD = range(10)
DATAGRAM_FIELDS = 10

# Verdicts on a datagram; those from MALFORMED on are faults, which a fragment can bring along.
OPEN, DONE, MALFORMED, CUT, OVERSIZED, OVERLAPPING, CONTRADICTING, EXPIRED = range(8)

NO_DATAGRAM, NEW = -1, -2
FRAGMENT_HEADER, AUTHENTICATION = 44, 51


@kernel
def measure(rows, i, end):
    """Judge a fragment whose fields have been read: its captured bytes end at `end`."""
    size, fault = rows[i, SIZE], OPEN
    if rows[i, MORE] and size % 8:
        if rows[i, NEXT_AT]:
            fault = MALFORMED  # RFC 8200, 4.5
        size -= size % 8  # IPv4 stacks cut it down
    if size <= 0:
        fault = MALFORMED
    elif rows[i, OFFSET] + size > LARGEST:
        fault = OVERSIZED
    elif fault == OPEN and rows[i, BODY] + size > end:
        fault = CUT
    rows[i, FAULT], rows[i, SIZE] = fault, size if fault == OPEN else 0
    if rows[i, OFFSET] or fault != OPEN:
        rows[i, HEADER_BYTES] = 0  # only the first fragment's header is used


@kernel
def read_ipv4(data, at, end, rows, i):
    """Fill the row of an IPv4 fragment (RFC 791); 20 bytes are there."""
    header, total, place = (np.int64(data[at]) & 15) * 4, be16(data, at + 2), be16(data, at + 6)
    if header < 20 or at + header > end:
        rows[i, FAULT] = MALFORMED
        return
    rows[i, SRC_LOW], rows[i, DST_LOW] = be32(data, at + 12), be32(data, at + 16)
    rows[i, IDENT] = (np.int64(4) << 40) | (np.int64(data[at + 9]) << 32) | be16(data, at + 4)
    rows[i, HEADER], rows[i, HEADER_BYTES], rows[i, BODY] = at, header, at + header
    rows[i, SIZE] = (total if total else end - at) - header
    rows[i, OFFSET], rows[i, MORE] = (place & 0x1FFF) * 8, place >> 13 & 1
    measure(rows, i, end)


@kernel
def find_fragment_header(data, at, end):
    """Return where an IPv6 packet's fragment header stands, -1 where there is none, and where its number does."""
    kind_at, here = at + 6, at + 40
    for _ in range(EXTENSIONS):
        kind = np.int64(data[kind_at])
        if here + 8 > end:
            break
        if kind == FRAGMENT_HEADER:
            return here, kind_at
        if kind != 0 and kind != 43 and kind != 60 and kind != 135 and kind != AUTHENTICATION:
            break
        size = 4 * np.int64(data[here + 1]) + 8
        kind_at, here = here, here + (size if kind == AUTHENTICATION else 2 * size - 8)
    return np.int64(-1), kind_at


@kernel
def read_ipv6(data, at, end, rows, i):
    """Fill the row of an IPv6 fragment (RFC 8200, 4.5); 40 bytes are there."""
    fragment, kind_at = find_fragment_header(data, at, end)
    if fragment < 0:
        rows[i, FAULT] = MALFORMED
        return
    length, place = be16(data, at + 4), be16(data, fragment + 2)
    rows[i, SRC_HIGH], rows[i, SRC_LOW] = be64(data, at + 8), be64(data, at + 16)
    rows[i, DST_HIGH], rows[i, DST_LOW] = be64(data, at + 24), be64(data, at + 32)
    rows[i, IDENT] = (np.int64(6) << 40) | be32(data, fragment + 4)
    rows[i, HEADER], rows[i, HEADER_BYTES], rows[i, BODY] = at, fragment - at, fragment + 8
    rows[i, SIZE] = (at + 40 + length if length else end) - (fragment + 8)
    rows[i, OFFSET], rows[i, MORE] = place & 0xFFF8, place & 1
    rows[i, NEXT_AT], rows[i, NEXT] = kind_at - at, np.int64(data[fragment])
    measure(rows, i, end)


@kernel
def read(data, start, stop, ts_ns, rows):
    """Fill a row, given as zeros, for each packet; start is where its IP header begins."""
    for i in range(start.size):
        at, end = start[i], stop[i]
        rows[i, TS_NS], rows[i, CAPTURED], rows[i, DATAGRAM] = ts_ns[i], end - at, NO_DATAGRAM
        if end - at >= 20 and data[at] >> 4 == 4:
            read_ipv4(data, at, end, rows, i)
        elif end - at >= 40 and data[at] >> 4 == 6:
            read_ipv6(data, at, end, rows, i)
        else:
            rows[i, FAULT] = MALFORMED


@kernel
def copy(source, at, size, target, to):
    """Copy bytes; returns where they end in the target."""
    for k in range(size):
        target[to + k] = source[at + k]
    return to + size


@kernel
def pack(source, rows, target, at):
    """Copy the bytes of all fragments to the target, from `at` on, and point the rows there; returns where they end."""
    for i in range(rows.shape[0]):
        header, body = rows[i, HEADER], rows[i, BODY]
        rows[i, HEADER] = at
        at = copy(source, header, rows[i, HEADER_BYTES], target, at)
        rows[i, BODY] = at
        at = copy(source, body, rows[i, SIZE], target, at)
    return at


@kernel
def is_same(rows, i, j):
    """Return whether two fragments may be of one datagram."""
    field = np.int64(0)
    while field <= IDENT and rows[i, field] == rows[j, field]:
        field += 1
    return field > IDENT


@kernel
def is_copy(buffer, rows, i, j):
    """Return whether two fragments of one datagram are the same, byte by byte."""
    if rows[i, OFFSET] != rows[j, OFFSET] or rows[i, SIZE] != rows[j, SIZE] or rows[i, MORE] != rows[j, MORE]:
        return False
    k, size = np.int64(0), rows[i, SIZE]
    while k < size and buffer[rows[i, BODY] + k] == buffer[rows[j, BODY] + k]:
        k += 1
    return k == size


@kernel
def contradicts(rows, i, datagrams, d):
    """Return whether a fragment and those before it disagree about where the datagram ends."""
    end, total = rows[i, OFFSET] + rows[i, SIZE], datagrams[d, TOTAL]
    if rows[i, MORE]:
        return 0 <= total < end
    return datagrams[d, FURTHEST] > end or (total >= 0 and total != end)


@kernel
def cover(rows, i, owner, d):
    """Give the blocks of a fragment that nobody has yet to it; returns how many, and how many it spans."""
    begin, end = rows[i, OFFSET] >> 3, (rows[i, OFFSET] + rows[i, SIZE] + 7) >> 3
    fresh = np.int64(0)
    for block in range(begin, end):
        if owner[block] < 0 or rows[owner[block], DATAGRAM] != d:
            owner[block] = i
            fresh += 1
    return fresh, end - begin


@kernel
def is_too_long(rows, datagrams, d):
    """Return whether the whole packet's length field could not count it."""
    first = datagrams[d, FIRST_ROW]
    counted = rows[first, HEADER_BYTES] - (40 if rows[first, NEXT_AT] else 0)
    return counted + datagrams[d, TOTAL] > LARGEST


@kernel
def place(buffer, rows, i, owner, datagrams, d):
    """Add a fragment to a datagram and say what has become of that. owner: which fragment each block is taken from."""
    rows[i, DATAGRAM] = d
    datagrams[d, N_BYTES] += rows[i, CAPTURED]
    datagrams[d, OVERLAPS] += rows[i, OVERLAPPED]
    if datagrams[d, VERDICT] != OPEN:
        return
    if rows[i, FAULT]:
        datagrams[d, VERDICT], datagrams[d, IS_OLD] = rows[i, FAULT], rows[i, CAPTURED] == 0
        return
    before = owner[rows[i, OFFSET] >> 3]
    if before >= 0 and rows[before, DATAGRAM] == d and is_copy(buffer, rows, before, i):
        rows[i, DATAGRAM] = NO_DATAGRAM
        return
    if contradicts(rows, i, datagrams, d):
        datagrams[d, VERDICT] = CONTRADICTING
        return
    end = rows[i, OFFSET] + rows[i, SIZE]
    if not rows[i, MORE]:
        datagrams[d, TOTAL] = end
    datagrams[d, FURTHEST] = max(datagrams[d, FURTHEST], end)
    join(rows, i, owner, datagrams, d)


@kernel
def join(rows, i, owner, datagrams, d):
    """Give a fragment its place among those it does not contradict."""
    fresh, spanned = cover(rows, i, owner, d)
    if fresh < spanned:
        datagrams[d, OVERLAPS] += 1
        if rows[i, NEXT_AT]:
            datagrams[d, VERDICT] = OVERLAPPING  # RFC 5722
            return
        if fresh == 0 and rows[i, MORE]:
            rows[i, DATAGRAM] = NO_DATAGRAM  # it adds nothing: a flood of such must not be kept
    datagrams[d, COVERED] += fresh
    if rows[i, OFFSET] == 0 and datagrams[d, FIRST_ROW] < 0:
        datagrams[d, FIRST_ROW] = i
    if datagrams[d, TOTAL] >= 0 and datagrams[d, COVERED] == (datagrams[d, TOTAL] + 7) >> 3:
        datagrams[d, VERDICT] = OVERSIZED if is_too_long(rows, datagrams, d) else DONE
        datagrams[d, LAST_ROW] = i


@kernel
def datagram_of(buffer, rows, i, datagrams, d, idle_ns):
    """Return the datagram that fragment i goes on, given its key's last one: that, or NEW, or NO_DATAGRAM."""
    if d == NEW:
        return d
    if abs(rows[i, TS_NS] - datagrams[d, FIRST_NS]) > idle_ns:  # backwards too: another capture may begin earlier
        if datagrams[d, VERDICT] == OPEN:
            datagrams[d, VERDICT] = EXPIRED
        return np.int64(NEW)
    if datagrams[d, VERDICT] != DONE:
        return d
    # A switch that mirrors both ways sends each packet twice: the second is no beginning of another datagram.
    return np.int64(NO_DATAGRAM if is_copy(buffer, rows, datagrams[d, LAST_ROW], i) else NEW)


@kernel
def begin(rows, i, datagrams, d):
    """Open a datagram with its first fragment to arrive."""
    for field in range(DATAGRAM_FIELDS):
        datagrams[d, field] = 0
    datagrams[d, FIRST_NS], datagrams[d, FIRST_ROW], datagrams[d, TOTAL] = rows[i, TS_NS], -1, -1


@kernel
def settle(buffer, rows, order, owner, datagrams, idle_ns):
    """Sort fragments into datagrams; returns how many there are.

    order:  int64 (n,)  the rows, those of one key together and in order of arrival
    owner:  int64 (BLOCKS,)  scratch, given as -1
    """
    n, current = np.int64(0), np.int64(NEW)
    for k in range(order.size):
        i = order[k]
        if rows[i, FAULT] == MALFORMED:
            continue
        if k == 0 or not is_same(rows, order[k - 1], i):
            current = np.int64(NEW)
        is_atomic = rows[i, OFFSET] == 0 and rows[i, MORE] == 0 and rows[i, FAULT] == OPEN  # RFC 6946: whole in itself
        d = np.int64(NEW) if is_atomic else datagram_of(buffer, rows, i, datagrams, current, idle_ns)
        if d == NO_DATAGRAM:
            continue
        if d == NEW:
            d, n = n, n + 1
            begin(rows, i, datagrams, d)
        place(buffer, rows, i, owner, datagrams, d)
        if not is_atomic:
            current = d
    return n


@kernel
def fix_header(packet, at, size, row):
    """Make the first fragment's header, at `at`, that of a whole packet of `size` bytes."""
    if row[NEXT_AT]:
        size -= 40
        packet[at + row[NEXT_AT]] = row[NEXT]
        packet[at + 4], packet[at + 5] = size >> 8, size & 0xFF
        return
    packet[at + 2], packet[at + 3] = size >> 8, size & 0xFF
    packet[at + 6], packet[at + 7] = packet[at + 6] & 0xC0, 0
    packet[at + 10], packet[at + 11] = 0, 0
    total = np.int64(0)
    for k in range(at, at + row[HEADER_BYTES], 2):
        total += be16(packet, k)
    total = (total & 0xFFFF) + (total >> 16)
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    packet[at + 10], packet[at + 11] = total >> 8, total & 0xFF


@kernel
def assemble(buffer, rows, datagrams, done, start, arena):
    """Write whole packets to the arena: datagram done[k] at start[k]. The first fragment to arrive has each byte."""
    for k in range(done.size):
        datagrams[done[k], FURTHEST] = start[k] + rows[datagrams[done[k], FIRST_ROW], HEADER_BYTES]
    for i in range(rows.shape[0] - 1, -1, -1):  # the last to arrive is written first
        d = rows[i, DATAGRAM]
        if d >= 0 and datagrams[d, VERDICT] == DONE:
            copy(buffer, rows[i, BODY], rows[i, SIZE], arena, datagrams[d, FURTHEST] + rows[i, OFFSET])
    for k in range(done.size):
        first = datagrams[done[k], FIRST_ROW]
        body = copy(buffer, rows[first, HEADER], rows[first, HEADER_BYTES], arena, start[k])
        fix_header(arena, start[k], body + datagrams[done[k], TOTAL] - start[k], rows[first])
