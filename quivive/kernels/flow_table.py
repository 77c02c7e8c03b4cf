"""Give every packet its flow and side; keep what is known of a flow between batches."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from quivive.kernels.accounting import account
from quivive.kernels.flow_row import (
    CLOSED_LINGER,
    CLOSED_NS,
    EMPTY,
    END_REASON,
    FIRST_NS,
    FIRST_PACKET,
    FLIPPED,
    FLOW_ID,
    HISTORY,
    HISTORY_SIZE,
    IDLE,
    IS_SWAPPED,
    KEY_HIGH_HIGH,
    KEY_HIGH_LOW,
    KEY_LOW_HIGH,
    KEY_LOW_LOW,
    KEY_PORTS,
    LAST_NS,
    LINKS,
    OVERFULL,
    PATH,
    RESTARTED,
    ROW_WORDS,
    STATS,
    SWAPPED,
    TAG,
    TCP_FLAGS,
    TOO_LONG,
    TTL,
    VLAN_ID,
)
from quivive.kernels.headers import OK, TCP, Packets
from quivive.kernels.jit import kernel
from quivive.kernels.wire import be48

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
HISTORY_FLIPPED = np.int64(27)

# Counters of a table, kept in an array because a kernel cannot change a number of its caller's.
N_FLOWS, N_FREE, N_RETIRED, N_FIRST, N_COUNTERS = range(5)

FlowTable = namedtuple("FlowTable", "slot row stat free retired first_flow first_packet counter")
"""The flows that are open.

slot: int32 (2**k,) row by hash             row: int64 (rows, ROW_WORDS)   stat: float64 (rows, STATS)
free, retired: int32 (rows,) stacks         counter: int64 (N_COUNTERS,) their sizes
first_flow, first_packet: int32 (room,)     first payloads of this batch, in order: flow row and packet
"""


def empty_table(n_rows: int, n_packets: int) -> FlowTable:
    """Return a table with room for n_rows flows at a time and n_packets packets in a batch."""
    slots = np.full(1 << (2 * n_rows - 1).bit_length(), EMPTY, np.int32)
    free = np.arange(n_rows - 1, -1, -1, dtype=np.int32)
    row = np.empty((n_rows, ROW_WORDS), np.int64)
    row[:, FLOW_ID] = EMPTY
    counter = np.zeros(N_COUNTERS, np.int64)
    counter[N_FREE] = n_rows
    return FlowTable(
        slots,
        row,
        np.empty((n_rows, STATS)),
        free,
        np.empty(n_rows, np.int32),
        np.empty(n_packets, np.int32),
        np.empty(n_packets, np.int32),
        counter,
    )


def grown(table: FlowTable) -> FlowTable:
    """Return the same table with twice the room."""
    old = table.row.shape[0]
    wider = empty_table(2 * old, table.first_flow.size)
    wider.row[:old], wider.stat[:old], wider.retired[:old] = table.row, table.stat, table.retired
    wider.first_flow[:], wider.first_packet[:], wider.counter[:] = table.first_flow, table.first_packet, table.counter
    wider.free[:old] = np.arange(2 * old - 1, old - 1, -1)
    wider.free[old : old + table.counter[N_FREE]] = table.free[: table.counter[N_FREE]]
    wider.counter[N_FREE] += old
    rehash(wider)
    return wider


@kernel
def mix(h):
    """Return a 64-bit word with its bits well mixed (the finaliser of SplitMix64)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@kernel
def home(a, b, c, d, ports, n_slots):
    """Return the slot where the search for a five-tuple begins."""
    h = mix(np.uint64(a) ^ mix(np.uint64(b) ^ mix(np.uint64(c) ^ mix(np.uint64(d) ^ mix(np.uint64(ports))))))
    return np.int64(h & np.uint64(n_slots - 1))


@kernel
def find(slot, row, a, b, c, d, ports):
    """Return the slot that holds a five-tuple, or the empty one where it belongs."""
    at = home(a, b, c, d, ports, slot.size)
    while slot[np.uint64(at)] != EMPTY:
        flow = np.uint64(slot[np.uint64(at)])  # unsigned indices: see kernels/wire.py
        if (
            row[flow, KEY_HIGH_LOW] == d
            and row[flow, KEY_PORTS] == ports
            and row[flow, KEY_LOW_LOW] == b
            and row[flow, KEY_LOW_HIGH] == a
            and row[flow, KEY_HIGH_HIGH] == c
        ):
            break
        at = (at + 1) & (slot.size - 1)
    return at


@kernel
def rehash(table):
    """Rebuild the slots from the rows in use."""
    row = table.row
    table.slot[:] = EMPTY
    for flow in range(row.shape[0]):
        if row[flow, FLOW_ID] == EMPTY or row[flow, END_REASON]:
            continue
        a, b, c, d = row[flow, KEY_LOW_HIGH], row[flow, KEY_LOW_LOW], row[flow, KEY_HIGH_HIGH], row[flow, KEY_HIGH_LOW]
        table.slot[find(table.slot, row, a, b, c, d, row[flow, KEY_PORTS])] = flow


@kernel
def is_above(high_a, low_a, port_a, high_b, low_b, port_b):
    """Return whether endpoint a sorts after endpoint b; any fixed order does."""
    if high_a != high_b:
        return high_a > high_b
    if low_a != low_b:
        return low_a > low_b
    return port_a > port_b


@kernel
def idle_limit(row, flow, timeouts):
    """Return how long a flow may be silent: by transport, and for TCP by whether its opening was seen and no end."""
    if row[flow, KEY_PORTS] & 0xFF != TCP:
        return timeouts[1]
    both = row[flow, TCP_FLAGS] & row[flow, TCP_FLAGS + 1]
    return timeouts[3] if both & SYN and not row[flow, CLOSED_NS] else timeouts[0]


@kernel
def has_ended(row, flow, ts_ns, is_tcp, tcp_flags, timeouts):
    """Return why a packet does not belong to a flow any more, or 0: too late, too long, or a SYN after the end."""
    if ts_ns - row[flow, LAST_NS] > idle_limit(row, flow, timeouts):
        return IDLE
    if ts_ns - row[flow, FIRST_NS] > timeouts[2]:
        return TOO_LONG
    union, both = row[flow, TCP_FLAGS] | row[flow, TCP_FLAGS + 1], row[flow, TCP_FLAGS] & row[flow, TCP_FLAGS + 1]
    if is_tcp and tcp_flags & (SYN | ACK) == SYN and (union & RST or both & FIN):
        return RESTARTED
    return 0


@kernel
def open_row(table, ts_ns):
    """Take a free row for a new flow, numbered in the order of first packets."""
    counter, row, stat = table.counter, table.row, table.stat
    counter[N_FREE] -= 1
    flow = table.free[counter[N_FREE]]
    for word in range(row.shape[1]):
        row[flow, word] = 0
    for number in range(stat.shape[1]):
        stat[flow, number] = 0.0
    row[flow, FLOW_ID], row[flow, FIRST_NS], row[flow, LAST_NS] = counter[N_FLOWS], ts_ns, ts_ns
    counter[N_FLOWS] += 1
    return np.int64(flow)


@kernel
def retire(table, flow, reason):
    """Put a flow on the stack of those to be written."""
    table.row[flow, END_REASON] = reason
    table.retired[table.counter[N_RETIRED]] = flow
    table.counter[N_RETIRED] += 1


@kernel
def start_row(data, packets, i, row, flow, is_swapped, server_ports):
    """Fill what a flow's first packet tells; returns nothing."""
    p, q, flags = np.int64(packets.src_port[i]), np.int64(packets.dst_port[i]), np.int64(packets.tcp_flags[i])
    is_tcp = np.int64(packets.transport[i] == TCP)
    is_syn = is_tcp == 1 and (flags & SYN) != 0
    # Who answers with SYN and ACK is not the originator; nor is, where the start was not seen, a known server's port.
    is_answer = is_syn and (flags & ACK) != 0
    if not is_syn and server_ports[is_tcp, p] and not server_ports[is_tcp, q]:
        is_answer = True
    row[flow, IS_SWAPPED] = SWAPPED if is_swapped != is_answer else 0
    if is_answer:
        row[flow, IS_SWAPPED] |= FLIPPED
        row[flow, HISTORY], row[flow, HISTORY_SIZE] = HISTORY_FLIPPED, 1
    row[flow, VLAN_ID], row[flow, PATH], row[flow, TAG] = packets.vlan_id[i], packets.path[i], packets.tag[i]
    row[flow, FIRST_PACKET] = packets.origin[i]
    row[flow, LINKS], row[flow, LINKS + 1] = EMPTY, EMPTY
    row[flow, TTL], row[flow, TTL + 1] = EMPTY, EMPTY
    link, sender = packets.link_start[i], np.int64(is_answer)
    if link >= 0:
        row[flow, LINKS + 1 - sender], row[flow, LINKS + sender] = be48(data, link), be48(data, link + 6)


@kernel
def track_from(data, packets, begin, n, table, timeouts, server_ports):
    """Track packets from `begin` to n; returns n, or the packet that found no free row.

    timeouts: int64 (4,)  ns, see flows/track.py    server_ports: uint8 (2, 65536)  other, TCP
    """
    row, slot = table.row, table.slot
    for i in range(np.uint64(begin), np.uint64(n)):  # unsigned indices: see kernels/wire.py
        if packets.declined[i] != OK:
            continue
        a, b, c, d = packets.src_high[i], packets.src_low[i], packets.dst_high[i], packets.dst_low[i]
        p, q = np.int64(packets.src_port[i]), np.int64(packets.dst_port[i])
        is_swapped = is_above(a, b, p, c, d, q)
        if is_swapped:
            a, b, p, c, d, q = c, d, q, a, b, p
        transport = np.int64(packets.transport[i])
        ports = (p << 24) | (q << 8) | transport
        at = np.uint64(find(slot, row, a, b, c, d, ports))
        flow = np.int64(slot[at])
        flags, is_tcp = np.int64(packets.tcp_flags[i]), transport == TCP
        ended = has_ended(row, flow, packets.ts_ns[i], is_tcp, flags, timeouts) if flow != EMPTY else 0
        if flow == EMPTY or ended:
            if table.counter[N_FREE] == 0:
                return np.int64(i)
            if ended:
                retire(table, flow, ended)
            flow = open_row(table, packets.ts_ns[i])
            slot[at] = flow
            row[flow, KEY_LOW_HIGH], row[flow, KEY_LOW_LOW], row[flow, KEY_HIGH_HIGH] = a, b, c
            row[flow, KEY_HIGH_LOW], row[flow, KEY_PORTS] = d, ports
            start_row(data, packets, i, row, flow, is_swapped, server_ports)
        side = np.int64(is_swapped) ^ (row[np.uint64(flow), IS_SWAPPED] & SWAPPED)
        packets.flow_row[i], packets.side[i] = flow, side
        if account(packets, i, row, table.stat, np.uint64(flow), side):
            table.first_flow[table.counter[N_FIRST]], table.first_packet[table.counter[N_FIRST]] = flow, i
            table.counter[N_FIRST] += 1
    return np.int64(n)


@kernel
def retire_before(table, now_ns, timeouts, linger_ns):
    """Retire every flow that has been silent for its time-out, and every closed one a little later."""
    row = table.row
    for flow in range(row.shape[0]):
        if row[flow, FLOW_ID] == EMPTY or row[flow, END_REASON]:
            continue
        if now_ns - row[flow, LAST_NS] > idle_limit(row, flow, timeouts):
            retire(table, flow, IDLE)
        elif row[flow, CLOSED_NS] and now_ns - row[flow, LAST_NS] > linger_ns:
            retire(table, flow, CLOSED_LINGER)


@kernel
def retire_all(table, reason):
    """Retire every open flow."""
    for flow in range(table.row.shape[0]):
        if table.row[flow, FLOW_ID] != EMPTY and not table.row[flow, END_REASON]:
            retire(table, flow, reason)


@kernel
def retire_silent_since(table, before_ns):
    """Retire, because the table is full, every open flow that was last heard of before a time."""
    for flow in range(table.row.shape[0]):
        is_open = table.row[flow, FLOW_ID] != EMPTY and not table.row[flow, END_REASON]
        if is_open and table.row[flow, LAST_NS] <= before_ns:
            retire(table, flow, OVERFULL)


@kernel
def forget_retired(table):
    """Free the rows of retired flows: they have been written."""
    for k in range(table.counter[N_RETIRED]):
        flow = table.retired[k]
        table.row[flow, FLOW_ID] = EMPTY
        table.free[table.counter[N_FREE]] = flow
        table.counter[N_FREE] += 1
    table.counter[N_RETIRED] = 0


__all__ = ["FlowTable", "Packets", "empty_table", "grown", "rehash", "track_from"]
