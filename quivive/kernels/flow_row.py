"""Words of a flow's row: one flow is one row of int64, so that a packet touches few cache lines.

Words of two are originator, responder.
"""

from __future__ import annotations

EMPTY = -1

# Why a flow's row was closed.
IDLE, RESTARTED, END_OF_CAPTURE, TOO_LONG, CLOSED_LINGER, OVERFULL = 1, 2, 3, 4, 5, 6
END_REASONS = {
    IDLE: "idle",
    RESTARTED: "port used again",
    END_OF_CAPTURE: "end of capture",
    TOO_LONG: "longest time reached",
    CLOSED_LINGER: "closed",
    OVERFULL: "too many flows at once",
}

(KEY_LOW_HIGH, KEY_LOW_LOW, KEY_HIGH_HIGH, KEY_HIGH_LOW, KEY_PORTS, IS_SWAPPED, FLOW_ID, END_REASON) = range(8)
SWAPPED, FLIPPED = 1, 2  # bits of IS_SWAPPED: the originator is the upper endpoint; its direction was guessed
FIRST_NS, LAST_NS, PACKETS, IP_BYTES, PAYLOAD_BYTES, TCP_FLAGS = 8, 9, 10, 12, 14, 16
RETRANSMITS, OUT_OF_ORDER, SEQ_FIRST, SEQ_END, ACK_TOP = 18, 20, 22, 24, 26
N_GAPS, GAP_BYTES, NEXT_SEQ, N_PAYLOADS, DONE = 28, 30, 32, 34, 36
GAP_BEFORE, LAST_SIDE_NS, MAX_PAYLOAD, LINKS, TTL = 38, 40, 42, 44, 46
HISTORY = 48  # three words of ten six-bit letters, then how many, then which have stood, per side
HISTORY_SIZE, HISTORY_SEEN = 51, 52
SERVICE, CONFIDENCE, VLAN_ID, PATH, TAG, FIRST_PACKET, CLOSED_NS, WINDOW = 54, 55, 56, 57, 58, 59, 60, 61
RESET_BYTES, STREAM_STATE = 62, 63
HOLE_START, HOLE_END = 64, 66  # the latest hole below the top of a side, from SEQ_FIRST on
DELIVERED = 68  # stream bytes delivered so far; for datagrams, how many have been heard
ROW_WORDS = 70

# float64 beside the row, per side: payload sizes squared, gaps between packets (s) and their squares, largest gap.
SIZE_SQUARES, GAP_SUM, GAP_SQUARES, GAP_MAX = 0, 2, 4, 6
STATS = 8
