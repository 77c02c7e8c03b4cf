"""Rows of the flow table to columns of the `flows` table."""

from __future__ import annotations

import base64
import functools
import hashlib
import struct

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import flow_row as fr
from quivive.kernels.accounting import FLIPPED_LETTER, LETTERS
from quivive.kernels.headers import ICMP, ICMPV6, TCP, UDP
from quivive.kernels.text import hardware_text
from quivive.model.columns import Codes, Columns, Halves, Known

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
TRANSPORTS = {
    1: "icmp",
    2: "igmp",
    4: "ipip",
    6: "tcp",
    17: "udp",
    33: "dccp",
    41: "6in4",
    46: "rsvp",
    47: "gre",
    50: "esp",
    51: "ah",
    58: "icmp6",
    88: "eigrp",
    89: "ospf",
    103: "pim",
    112: "vrrp",
    115: "l2tp",
    132: "sctp",
}


def columns_of(row: NDArray[np.int64], stat: NDArray[np.float64]) -> Columns:
    """Return what the rows alone tell, originator first; names, services and places are added by the engine.

    row: int64 (n, ROW_WORDS)   stat: float64 (n, STATS)
    """
    ends = endpoints(row)
    columns: Columns = {
        "flow_id": row[:, fr.FLOW_ID],
        "ts_ns": row[:, fr.FIRST_NS],
        "last_ns": row[:, fr.LAST_NS],
        "orig_addr": Halves(ends[0], ends[1], np.ones(len(row), np.bool_)),
        "orig_port": ends[2],
        "resp_addr": Halves(ends[3], ends[4], np.ones(len(row), np.bool_)),
        "resp_port": ends[5],
        "transport": Codes(row[:, fr.KEY_PORTS] & 0xFF, TRANSPORTS),
        "community_id": community_ids(ends, row[:, fr.KEY_PORTS] & 0xFF),
        "state": states(row),
        "history": histories(row),
        "n_gaps": row[:, fr.N_GAPS] + row[:, fr.N_GAPS + 1],
        "vlan_id": Known(row[:, fr.VLAN_ID], row[:, fr.VLAN_ID] >= 0),
        "tunnel_tag": Known(row[:, fr.TAG], row[:, fr.TAG] >= 0),
        "end_reason": Codes(row[:, fr.END_REASON], fr.END_REASONS),
        "capture_id": row[:, fr.FIRST_PACKET] >> 40,
        "first_packet": (row[:, fr.FIRST_PACKET] & ((1 << 40) - 1)) + 1,
    }
    for side, name in enumerate(("orig", "resp")):
        columns |= {f"{name}_{key}": column for key, column in _side_columns(row, stat, side).items()}
    return columns


def _side_columns(row: NDArray[np.int64], stat: NDArray[np.float64], side: int) -> Columns:
    packets = row[:, fr.PACKETS + side]
    mean, deviation = _moments(
        row[:, fr.PAYLOAD_BYTES + side].astype(np.float64), stat[:, fr.SIZE_SQUARES + side], packets
    )
    mean_gap, gap_deviation = _moments(stat[:, fr.GAP_SUM + side], stat[:, fr.GAP_SQUARES + side], packets - 1)
    link, ttl = row[:, fr.LINKS + side], row[:, fr.TTL + side]
    return {
        "packets": packets,
        "ip_bytes": row[:, fr.IP_BYTES + side],
        "bytes": application_bytes(row, side),
        "retransmits": row[:, fr.RETRANSMITS + side],
        "out_of_order": row[:, fr.OUT_OF_ORDER + side],
        "gap_bytes": row[:, fr.GAP_BYTES + side],
        "max_bytes": row[:, fr.MAX_PAYLOAD + side],
        "mean_bytes": Known(mean, packets > 0),
        "sd_bytes": Known(deviation, packets > 0),
        "mean_gap_s": Known(mean_gap, packets > 1),
        "sd_gap_s": Known(gap_deviation, packets > 1),
        "max_gap_s": Known(stat[:, fr.GAP_MAX + side], packets > 1),
        "mac": [hardware_text(address) if address >= 0 else None for address in link.tolist()],
        "ttl": Known(ttl, ttl >= 0),
    }


def _moments(total: NDArray, squares: NDArray, n: NDArray) -> tuple[NDArray, NDArray]:
    """Return mean and standard deviation from sums; zero where there is nothing."""
    count = np.maximum(n, 1)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean * mean, 0.0))


def endpoints(row: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return address halves and port of the originator, then of the responder."""
    is_swapped, ports = row[:, fr.IS_SWAPPED] & fr.SWAPPED == 1, row[:, fr.KEY_PORTS]
    lower = (row[:, fr.KEY_LOW_HIGH], row[:, fr.KEY_LOW_LOW], ports >> 24)
    upper = (row[:, fr.KEY_HIGH_HIGH], row[:, fr.KEY_HIGH_LOW], (ports >> 8) & 0xFFFF)
    orig = [np.where(is_swapped, high, low) for low, high in zip(lower, upper, strict=True)]
    resp = [np.where(is_swapped, low, high) for low, high in zip(lower, upper, strict=True)]
    return (*orig, *resp)


def application_bytes(row: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    """Return a side's application bytes, each once: by sequence numbers for TCP, by payload lengths for others."""
    flags = row[:, fr.TCP_FLAGS + side]
    by_sequence = row[:, fr.SEQ_END + side] - ((flags & SYN) != 0) - ((flags & FIN) != 0)
    is_tcp = row[:, fr.KEY_PORTS] & 0xFF == TCP
    return np.where(is_tcp, np.maximum(by_sequence, 0), row[:, fr.PAYLOAD_BYTES + side])


def histories(row: NDArray[np.int64]) -> list[str | None]:
    """Return the history letters of each flow; none for ICMP, as in Zeek."""
    found: list[str | None] = []
    words, sizes = row[:, fr.HISTORY : fr.HISTORY + 3].tolist(), row[:, fr.HISTORY_SIZE].tolist()
    for (a, b, c), size in zip(words, sizes, strict=True):
        found.append(history_text(a, b, c, size) if size else None)
    return found


@functools.lru_cache(maxsize=8192)
def history_text(a: int, b: int, c: int, size: int) -> str:
    """Return packed letters as text."""
    letters = []
    for k in range(size):
        code = ((a, b, c)[k // 10] >> (6 * (k % 10))) & 63
        letter = "^" if code == FLIPPED_LETTER else LETTERS[code & 31]
        letters.append(letter.lower() if code >= 32 else letter)
    return "".join(letters)


def states(row: NDArray[np.int64]) -> list[str]:
    """Return Zeek's conn_state of each flow."""
    transport = (row[:, fr.KEY_PORTS] & 0xFF).tolist()
    flags = row[:, fr.TCP_FLAGS : fr.TCP_FLAGS + 2].tolist()
    packets = row[:, fr.PACKETS : fr.PACKETS + 2].tolist()
    history = row[:, fr.HISTORY].tolist()
    return [
        tcp_state(o, r, first & 63 == FLIPPED_LETTER) if kind == TCP else datagram_state(kind, *counts)
        for kind, (o, r), counts, first in zip(transport, flags, packets, history, strict=True)
    ]


@functools.lru_cache(maxsize=4096)
def tcp_state(orig: int, resp: int, is_flipped: bool) -> str:
    """Return conn_state from the union of each side's flags."""
    has_syn, has_answer = bool(orig & SYN), bool(resp & SYN and resp & ACK)
    if not has_syn and not has_answer:
        return "OTH"
    if not has_answer:
        if resp & RST:
            return "REJ" if not orig & ACK else "RSTRH" if not has_syn else "REJ"
        if orig & RST:
            return "RSTOS0"
        if orig & FIN:
            return "SH"
        return "S0" if not resp else "OTH"
    if not has_syn:
        return "RSTRH" if resp & RST else "SHR" if resp & FIN else "OTH"
    if orig & RST:
        return "RSTO"
    if resp & RST:
        return "RSTR"
    if orig & FIN and resp & FIN:
        return "SF"
    return "S2" if orig & FIN else "S3" if resp & FIN else "S1"


def datagram_state(transport: int, orig_packets: int, resp_packets: int) -> str:
    """Return conn_state of what has no connections."""
    if transport in (ICMP, ICMPV6):
        return "OTH"
    if orig_packets and resp_packets:
        return "SF"
    return "S0" if orig_packets else "SHR"


def community_ids(ends: tuple[NDArray[np.int64], ...], transport: NDArray[np.int64]) -> list[str]:
    """Return Community ID 1.0 of each flow (seed 0): base64 of SHA-1 over the ordered endpoints."""
    found = []
    for oh, ol, op, rh, rl, rp, kind in zip(*(column.tolist() for column in (*ends, transport)), strict=True):
        src, dst = packed(oh, ol), packed(rh, rl)
        one_way = kind in (ICMP, ICMPV6) and op not in TWO_WAY[kind]
        if not (one_way or src < dst or (src == dst and op < rp)):
            src, dst, op, rp = dst, src, rp, op
        ports = struct.pack(">HH", op, rp) if kind in HAS_PORTS else b""
        digest = hashlib.sha1(b"\0\0" + src + dst + bytes((kind, 0)) + ports, usedforsecurity=False).digest()
        found.append("1:" + base64.b64encode(digest).decode())
    return found


TWO_WAY = {
    ICMP: frozenset((0, 8, 9, 10, 13, 14, 15, 16, 17, 18)),
    ICMPV6: frozenset((128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145)),
}
HAS_PORTS = frozenset((ICMP, TCP, UDP, ICMPV6, 132))


@functools.lru_cache(maxsize=65_536)
def packed(high: int, low: int) -> bytes:
    """Return an address as 4 or 16 bytes from its halves."""
    if high == 0 and low >> 32 == 0xFFFF:
        return struct.pack(">I", low & 0xFFFFFFFF)
    return struct.pack(">qq", high, low)


def micros(ts_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return times in microseconds, as `ts` columns hold them."""
    return ts_ns // 1000
