"""Kernels that write text into an arena: numbers, escaped bytes, hexadecimal, addresses.

Each takes the arena, the byte `to` write at and a `limit` that it writes up to, dropping the rest, and returns where
its text ends. What is written is printable ASCII, in the form that messages/wire_text.py gives it. Constants that are
passed on are int64: a plain number would be a type of its own, and each of them one more compilation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.messages import wire_text
from quivive.messages.wire_text import GLIMPSE_BYTES

Bytes = NDArray[np.uint8]
Int = Any
"""An int64: what NumPy makes of one is no int to a type checker."""

DOT, COMMA, QUOTE, BACKSLASH = map(np.int64, (wire_text.DOT, wire_text.COMMA, wire_text.QUOTE, wire_text.BACKSLASH))
SPACE, COLON, EQUALS = map(np.int64, b" :=")
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
LETTER_X = 0x78
MAX_POWER = np.int64(1_000_000_000)
"""The highest power of ten in 32 bits."""
MAPPED_GROUP = np.int64(5)


@kernel
def put(arena: Bytes, to: Int, limit: Int, byte: Int) -> Int:
    """Write one byte."""
    if to < limit:
        arena[to] = byte
        return to + 1
    return to


@kernel
def put_escaped(data: Bytes, at: Int, stop: Int, special: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    r"""Write bytes; what is not printable, a backslash and the special byte become \xNN."""
    for k in range(at, stop):
        byte = np.int64(data[k])
        if 0x20 <= byte < 0x7F and byte != special and byte != BACKSLASH:
            to = put(arena, to, limit, byte)
        else:
            for code in (BACKSLASH, LETTER_X, np.int64(HEX[byte >> 4]), np.int64(HEX[byte & 15])):
                to = put(arena, to, limit, code)
    return to


@kernel
def put_number(value: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write a number of 32 bits in decimal."""
    power = MAX_POWER
    while power > 1 and value < power:
        power //= 10
    while power > 0:
        to = put(arena, to, limit, 0x30 + value // power % 10)
        power //= 10
    return to


@kernel
def put_glimpse(data: Bytes, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write the first bytes in hexadecimal."""
    for k in range(at, min(stop, at + GLIMPSE_BYTES)):
        byte = np.int64(data[k])
        for code in (np.int64(HEX[byte >> 4]), np.int64(HEX[byte & 15])):
            to = put(arena, to, limit, code)
    if stop - at > GLIMPSE_BYTES:
        for _ in range(3):
            to = put(arena, to, limit, DOT)
    return to


@kernel
def put_ipv4(data: Bytes, at: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write four bytes in dotted form."""
    for k in range(at, at + 4):
        to = put_number(np.int64(data[k]), arena, put(arena, to, limit, DOT) if k > at else to, limit)
    return to


@kernel
def group_at(data: Bytes, at: Int, k: Int) -> Int:
    """Return group k of an IPv6 address."""
    return np.int64(data[at + 2 * k]) << 8 | np.int64(data[at + 2 * k + 1])


@kernel
def longest_zeros(data: Bytes, at: Int) -> tuple[Int, Int]:
    """Return first group and length of the first longest run of zero groups; a single group is no run."""
    best_at, best, run = np.int64(-1), np.int64(1), np.int64(0)
    for k in range(8):
        run = run + 1 if group_at(data, at, k) == 0 else np.int64(0)
        if run > best:
            best_at, best = k - run + 1, run
    return best_at, best


@kernel
def put_group(group: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write 16 bits in hexadecimal without leading zeros."""
    for shift in range(12, -1, -4):
        if shift == 0 or group >> shift:
            to = put(arena, to, limit, np.int64(HEX[group >> shift & 15]))
    return to


@kernel
def put_ipv6(data: Bytes, at: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write sixteen bytes as RFC 5952 has them, mapped IPv4 in dotted form."""
    zeros_at, n_zeros = longest_zeros(data, at)
    is_mapped = zeros_at == 0 and n_zeros == 5 and group_at(data, at, MAPPED_GROUP) == 0xFFFF
    for k in range(6 if is_mapped else 8):
        is_zero = zeros_at >= 0 and zeros_at <= k < zeros_at + n_zeros
        if k == zeros_at or (k > 0 and not is_zero):
            to = put(arena, to, limit, COLON)
        if not is_zero:
            to = put_group(group_at(data, at, k), arena, to, limit)
        elif k == 7:
            to = put(arena, to, limit, COLON)
    if is_mapped:
        to = put_ipv4(data, at + 12, arena, put(arena, to, limit, COLON), limit)
    return to
