"""Rows of the flow table to columns of the `flows` table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import community
from quivive.kernels import flow_row as fr
from quivive.kernels.accounting import FLIPPED_LETTER, LETTERS
from quivive.kernels.headers import ICMP, ICMPV6, TCP, UDP
from quivive.kernels.text import hardware_text
from quivive.model.columns import Codes, Columns, Halves, Known, Spans, Taken

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
        "tcp_flags": Known(row[:, fr.TCP_FLAGS + side], row[:, fr.KEY_PORTS] & 0xFF == TCP),
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
        "mac": named_rows(link[:, None], _mac),
        "ttl": Known(ttl, ttl >= 0),
    }


def _mac(address: int) -> str | None:
    return hardware_text(address) if address >= 0 else None


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


def named_rows(keys: NDArray[np.int64], word: Callable[..., Any]) -> Taken:
    """Return word(*key) for each row of keys (n, k), worked out once per distinct row."""
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    is_new = np.empty(len(keys), np.bool_)
    is_new[:1], is_new[1:] = True, (ordered[1:] != ordered[:-1]).any(axis=1)
    index = np.empty(len(keys), np.int64)
    index[order] = np.cumsum(is_new) - 1
    return Taken([word(*key) for key in ordered[is_new].tolist()], index)


def histories(row: NDArray[np.int64]) -> Taken:
    """Return the history letters of each flow; none for ICMP, as in Zeek."""
    return named_rows(row[:, fr.HISTORY : fr.HISTORY_SIZE + 1], history_text)


def history_text(a: int, b: int, c: int, size: int) -> str | None:
    """Return packed letters as text."""
    if not size:
        return None
    letters = []
    for k in range(size):
        code = ((a, b, c)[k // 10] >> (6 * (k % 10))) & 63
        letter = "^" if code == FLIPPED_LETTER else LETTERS[code & 31]
        letters.append(letter.lower() if code >= 32 else letter)
    return "".join(letters)


def states(row: NDArray[np.int64]) -> Taken:
    """Return Zeek's conn_state of each flow."""
    keys = np.stack(
        [
            row[:, fr.KEY_PORTS] & 0xFF,
            row[:, fr.TCP_FLAGS],
            row[:, fr.TCP_FLAGS + 1],
            row[:, fr.PACKETS] > 0,
            row[:, fr.PACKETS + 1] > 0,
        ],
        axis=1,
    )
    return named_rows(keys, state)


def state(transport: int, orig_flags: int, resp_flags: int, has_orig: int, has_resp: int) -> str:
    """Return conn_state from what each side sent."""
    if transport == TCP:
        return tcp_state(orig_flags, resp_flags)
    if transport in (ICMP, ICMPV6):
        return "OTH"
    if has_orig and has_resp:
        return "SF"
    return "S0" if has_orig else "SHR"


def tcp_state(orig: int, resp: int) -> str:
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


TWO_WAY = {
    ICMP: np.array([0, 8, 9, 10, 13, 14, 15, 16, 17, 18]),
    ICMPV6: np.array([128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145]),
}
"""ICMP messages that have an answer: the others are one-way in Community ID."""
HAS_PORTS = np.array([ICMP, TCP, UDP, ICMPV6, 132])


def community_ids(ends: tuple[NDArray[np.int64], ...], transport: NDArray[np.int64]) -> Spans:
    """Return Community ID 1.0 of each flow (seed 0)."""
    n = transport.size
    is_one_way = np.zeros(n, np.bool_)
    for kind, two_way in TWO_WAY.items():
        is_one_way |= (transport == kind) & ~np.isin(ends[2], two_way)
    out = np.empty(n * community.ID_BYTES, np.uint8)
    scratch = (np.empty(64, np.uint8), np.empty(80, np.int64), np.empty(5, np.int64))
    community.community_ids(*ends, transport, is_one_way, np.isin(transport, HAS_PORTS), scratch, out)
    return Spans(out, np.arange(n, dtype=np.int64) * community.ID_BYTES << 16 | community.ID_BYTES)


def micros(ts_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return times in microseconds, as `ts` columns hold them."""
    return ts_ns // 1000
