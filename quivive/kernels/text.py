"""Bytes to text that is always valid: what is not printable ASCII is written as backslash, x and two hex digits."""

from __future__ import annotations

import functools
import socket
import struct

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import span_size, span_start

ABSENT = -1
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@kernel
def is_printable(byte):
    """Return whether a byte stands for itself."""
    return 0x20 <= byte < 0x7F


@kernel
def measure_escaped(data, spans, offset):
    """Fill offset with where each text begins, and the end of all."""
    total = 0
    for k in range(spans.size):
        offset[k] = total
        if spans[k] != ABSENT:
            start = span_start(spans[k])
            for at in range(start, start + span_size(spans[k])):
                total += 1 if is_printable(data[at]) else 4
    offset[spans.size] = total


@kernel
def write_escaped(data, spans, offset, value):
    """Fill value with the texts."""
    for k in range(spans.size):
        if spans[k] == ABSENT:
            continue
        start, to = span_start(spans[k]), np.int64(offset[k])
        for at in range(start, start + span_size(spans[k])):
            byte = np.int64(data[at])
            if is_printable(byte):
                value[to] = byte
                to += 1
            else:
                value[to], value[to + 1] = 0x5C, 0x78
                value[to + 2], value[to + 3] = HEX[byte >> 4], HEX[byte & 15]
                to += 4


@functools.lru_cache(maxsize=65_536)
def address_text(high: int, low: int) -> str:
    """Return an address from its halves: dotted where it is a mapped IPv4 address, else RFC 5952."""
    if high == 0 and low >> 32 == 0xFFFF:
        return socket.inet_ntoa(struct.pack(">I", low & 0xFFFFFFFF))
    return socket.inet_ntop(socket.AF_INET6, struct.pack(">qq", high, low))


@functools.lru_cache(maxsize=65_536)
def hardware_text(address: int) -> str:
    """Return a hardware address in lower-case hex with colons."""
    return ":".join(f"{address >> shift & 0xFF:02x}" for shift in range(40, -1, -8))


def address_bytes(address: str) -> bytes:
    """Return an address given as text in 16 bytes, IPv4 as ::ffff:a.b.c.d."""
    if ":" in address:
        return socket.inet_pton(socket.AF_INET6, address)
    return b"\0" * 10 + b"\xff\xff" + socket.inet_aton(address)


def address_halves(address: str) -> tuple[int, int] | None:
    """Return the halves of an address given as text, as address_text takes them; None for what is no address."""
    try:
        high, low = struct.unpack(">qq", address_bytes(address))
    except (OSError, ValueError):
        return None
    return high, low
