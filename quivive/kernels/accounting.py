"""What a packet adds to its flow: counts, sequence numbers (RFC 9293, 3.4) and Zeek's history letters."""

from __future__ import annotations

import numpy as np

from quivive.kernels.checksum import WRONG_IP
from quivive.kernels.flow_row import (
    ACK_TOP,
    CLOSED_NS,
    GAP_MAX,
    GAP_SQUARES,
    GAP_SUM,
    HISTORY,
    HISTORY_SEEN,
    HISTORY_SIZE,
    HOLE_END,
    HOLE_START,
    IP_BYTES,
    LAST_NS,
    LAST_SIDE_NS,
    MAX_PAYLOAD,
    N_PAYLOADS,
    NEXT_SEQ,
    OUT_OF_ORDER,
    PACKETS,
    PAYLOAD_BYTES,
    RETRANSMITS,
    SEQ_END,
    SEQ_FIRST,
    SIZE_SQUARES,
    TCP_FLAGS,
    TTL,
)
from quivive.kernels.headers import TCP
from quivive.kernels.jit import kernel
from quivive.model.limits import FIRST_PAYLOADS

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
MAX_HISTORY = 30
FARTHEST = 1 << 30  # a segment further ahead than any window (RFC 7323, 2.3) does not move the sequence on

# Letters of a history, numbered; the responder's stand in lower case. Order as in LETTERS, 0 is none.
LETTERS = " SHADFRTWIQGC"
H_SYN, H_SYN_ACK, H_ACK, H_DATA, H_FIN, H_RST, H_RETRANSMIT, H_ZERO_WINDOW, H_INCONSISTENT, H_MULTI, H_GAP = (
    np.int64(k) for k in range(1, 12)
)
H_CHECKSUM = np.int64(12)  # Zeek leaves such packets out; here they are read, and the letter warns
RESPONDERS = np.int64(32)  # added to a letter's number for the responder
FLIPPED_LETTER = 27


@kernel
def ahead(a, b):
    """Return how far sequence number a stands after b, negative where before, modulo 2**32."""
    return np.int64(np.int32(np.uint32((a - b) & 0xFFFFFFFF)))


@kernel
def note(row, flow, side, letter):
    """Append a letter to the history, unless this side has shown it already."""
    bit = np.int64(1) << letter
    if row[flow, HISTORY_SEEN + side] & bit:
        return
    row[flow, HISTORY_SEEN + side] |= bit
    n = row[flow, HISTORY_SIZE]
    if n < MAX_HISTORY:
        row[flow, HISTORY + n // 10] |= (letter + side * RESPONDERS) << (6 * (n % 10))
        row[flow, HISTORY_SIZE] = n + 1


@kernel
def note_flags(row, flow, side, flags, n_bytes, window, is_again):
    """Note the letters of one TCP segment, in Zeek's order."""
    if flags & SYN:
        if flags & (FIN | RST):
            note(row, flow, side, H_MULTI)
        note(row, flow, side, H_SYN_ACK if flags & ACK else H_SYN)
    elif flags & FIN and flags & RST:
        note(row, flow, side, H_INCONSISTENT)
    if n_bytes > 0:
        note(row, flow, side, H_RETRANSMIT if is_again else H_DATA)
    elif flags & (ACK | SYN | FIN | RST) == ACK:
        note(row, flow, side, H_ACK)
    if flags & FIN:
        note(row, flow, side, H_FIN)
    if flags & RST:
        note(row, flow, side, H_RST)
    elif window == 0 and not flags & SYN:
        note(row, flow, side, H_ZERO_WINDOW)


@kernel
def is_new_start(row, flow, side, seq, flags):
    """Return whether a SYN begins the side anew: tried again with another number, nothing sent nor acknowledged yet."""
    if not flags & SYN or row[flow, SEQ_END + side] > 1 or seq == row[flow, SEQ_FIRST + side]:
        return False
    return ahead(row[flow, ACK_TOP + 1 - side], (row[flow, SEQ_FIRST + side] + 1) & 0xFFFFFFFF) != 0


@kernel
def follow_sequence(row, flow, side, seq, size, flags):
    """Follow one segment's sequence numbers; returns whether it brings nothing that was not seen before."""
    span = size + np.int64((flags & SYN) != 0) + np.int64((flags & FIN) != 0)
    if row[flow, PACKETS + side] == 1 or is_new_start(row, flow, side, seq, flags):
        row[flow, SEQ_FIRST + side], row[flow, SEQ_END + side] = seq, span
        row[flow, NEXT_SEQ + side] = (seq + np.int64((flags & SYN) != 0)) & 0xFFFFFFFF
        return False
    if flags & SYN:
        return False  # a late or forged SYN moves nothing once bytes have been acknowledged
    top = (row[flow, SEQ_FIRST + side] + row[flow, SEQ_END + side]) & 0xFFFFFFFF
    start, end = ahead(seq, top), ahead(seq + span, top)
    if flags & RST or end > FARTHEST:
        return False
    if end > 0:
        if start > 0:
            row[flow, HOLE_START + side] = row[flow, SEQ_END + side]
            row[flow, HOLE_END + side] = row[flow, SEQ_END + side] + start
        row[flow, SEQ_END + side] += end
        return False
    if size == 0:
        return False
    # Wholly below the top: late, if it fills the latest hole; otherwise sent again.
    begin = row[flow, SEQ_END + side] + start
    if begin < row[flow, HOLE_END + side] and begin + span > row[flow, HOLE_START + side]:
        row[flow, OUT_OF_ORDER + side] += 1
        if begin <= row[flow, HOLE_START + side]:
            row[flow, HOLE_START + side] = begin + span
        return False
    row[flow, RETRANSMITS + side] += 1
    return True


@kernel
def account_tcp(packets, i, row, flow, side, size):
    """Add TCP segment i to its flow's state."""
    flags, seq = np.int64(packets.tcp_flags[i]), np.int64(packets.seq[i])
    is_again = follow_sequence(row, flow, side, seq, size, flags)
    row[flow, TCP_FLAGS + side] |= flags
    if flags & ACK:
        ack = np.int64(packets.ack[i])
        if not row[flow, ACK_TOP + side] or ahead(ack, row[flow, ACK_TOP + side]) > 0:
            row[flow, ACK_TOP + side] = ack
    note_flags(row, flow, side, flags, size, np.int64(packets.window[i]), is_again)
    both = row[flow, TCP_FLAGS] & row[flow, TCP_FLAGS + 1]
    if (flags & RST or both & FIN) and not row[flow, CLOSED_NS]:
        row[flow, CLOSED_NS] = packets.ts_ns[i]


@kernel
def account_times(row, stat, flow, side, ts_ns, size):
    """Add to the statistics of sizes and of the gaps between a side's packets."""
    if row[flow, PACKETS + side] > 1:
        gap_s = (ts_ns - row[flow, LAST_SIDE_NS + side]) * 1e-9
        stat[flow, GAP_SUM + side] += gap_s
        stat[flow, GAP_SQUARES + side] += gap_s * gap_s
        stat[flow, GAP_MAX + side] = max(stat[flow, GAP_MAX + side], gap_s)
    row[flow, LAST_SIDE_NS + side] = ts_ns
    stat[flow, SIZE_SQUARES + side] += np.float64(size) * np.float64(size)


@kernel
def account(packets, i, row, stat, flow, side):
    """Add packet i to its flow; returns whether its payload is one of the first, by which protocols are known."""
    size, ts_ns = np.int64(packets.payload_bytes[i]), packets.ts_ns[i]
    if packets.checksum[i] >= WRONG_IP:
        note(row, flow, side, H_CHECKSUM)
    row[flow, PACKETS + side] += 1
    row[flow, IP_BYTES + side] += packets.ip_bytes[i]
    row[flow, PAYLOAD_BYTES + side] += size
    row[flow, MAX_PAYLOAD + side] = max(row[flow, MAX_PAYLOAD + side], size)
    if row[flow, TTL + side] < 0:
        row[flow, TTL + side] = packets.ttl[i]
    account_times(row, stat, flow, side, ts_ns, size)
    row[flow, LAST_NS] = max(row[flow, LAST_NS], ts_ns)
    if packets.transport[i] == TCP:
        account_tcp(packets, i, row, flow, side, size)
    elif size > 0:
        note(row, flow, side, H_DATA)
    if packets.captured_bytes[i] > 0:
        row[flow, N_PAYLOADS + side] += 1
        return row[flow, N_PAYLOADS + side] <= FIRST_PAYLOADS
    return False
