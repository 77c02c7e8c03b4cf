"""The hellos in opened Initial packets of QUIC, put in order and freed of what is random (RFC 9000, 19).

Only what is common is read: frames that may stand there, handshake bytes that never contradict each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be24, span, span_size, span_start
from quivive.messages.quic.packet_kernels import Heads, Packets, Turns
from quivive.messages.tls.hello_kernels import (
    N_MESSAGES,
    NAME,
    ODD,
    ZERO,
    Bytes,
    Int,
    Words,
    copy,
    put16,
    read_varint,
    write_client_hello,
    write_server_hello,
)

PADDING, PING, ACK, ACK_ECN, CRYPTO = 0x00, 0x01, 0x02, 0x03, 0x06
CLIENT_HELLO = 1

STREAM_BYTES = 8192
"""Handshake bytes per side put in order; a hello with a post-quantum key has under 2,000."""

PIECES = 256
"""Pieces of hellos put together per conversation; browsers that shuffle cut theirs into some forty."""

ACK_RANGES = 64
"""Ranges of an ACK that are stepped over."""

MESSAGE_HEAD, WORD_BYTES = 4, 8
ROOM = 64
"""Bytes by which what is written of a conversation may be longer than its packets."""

NAME_ROOM = 256
"""Bytes of `names` per conversation."""


class Scratch(NamedTuple):
    """Room to put one conversation's hellos in order.

    said, is_there: uint8 (2 * STREAM_BYTES,) bytes of both sides and whether they have come
    state:          int64 (STATE_WORDS,), see tls_hello_kernels
    """

    said: Bytes
    is_there: Bytes
    state: Words


class Hellos(NamedTuple):
    """What was written of each conversation.

    start, size: int64 (n_flows,) in words, a size of 0 for one of another shape
    name:        int64 (n_flows,) span of the server name in `names`, -1 for none   names: uint8, 256 bytes per flow
    last:        int64 (n_flows,) the turn in which the server's hello ended, ODD where the server has not spoken
    """

    start: Words
    size: Words
    name: Words
    last: Words
    names: Bytes


@kernel
def write_hellos(
    data: Bytes, turns: Turns, heads: Heads, packets: Packets, n: Int, scratch: Scratch, out: Bytes, found: Hellos
) -> None:
    """Write of each conversation its version and its hellos, without what is random, padded to whole words.

    data: what the n packets hold, opened
    """
    to, kept, stop = np.int64(0), np.int64(0), np.int64(0)
    for c in range(found.start.size):
        found.start[c], found.size[c], found.name[c], found.last[c] = to // WORD_BYTES, 0, -1, ODD
        first = stop
        while stop < n and packets.flow[stop] == c:
            stop += 1
        if heads.version[c] < 0:
            continue
        client_end, server_end, found.last[c] = read_packets(data, turns, packets, first, stop, scratch)
        if client_end == 0 or (server_end == 0 and heads.n_server[c] > 0):
            continue
        end = write_pair(heads.version[c], client_end, server_end, scratch, out, to)
        if end < 0:
            continue
        while end % WORD_BYTES:
            out[end] = 0
            end += 1
        found.size[c], to = (end - to) // WORD_BYTES, end
        ref = scratch.state[NAME]
        if ref >= 0:
            found.name[c] = span(kept, span_size(ref))
            kept = copy(scratch.said, span_start(ref), span_size(ref), found.names, kept)


@kernel
def read_packets(
    data: Bytes, turns: Turns, packets: Packets, first: Int, stop: Int, scratch: Scratch
) -> tuple[Int, Int, Int]:
    """Put a conversation's handshake bytes in order; returns where both hellos end, 0 for none, and the last turn."""
    client_end, server_end, last = np.int64(0), np.int64(0), ODD
    scratch.is_there[:] = 0
    scratch.state[:] = 0
    for p in range(first, stop):
        turn = packets.turn[p]
        side = turns.side[turn]
        if server_end > 0 and turn != last:
            break
        if side == 1 and client_end == 0:
            return ZERO, ZERO, ODD
        base = np.int64(side * STREAM_BYTES)
        if not read_frames(data, packets.plain[p], packets.plain_end[p], base, scratch):
            return ZERO, ZERO, ODD
        end = hello_end(scratch, base, CLIENT_HELLO + side)
        if side == 0:
            client_end = end
        elif end > 0:
            server_end, last = end, turn
    return client_end, server_end, last


@kernel
def read_frames(data: Bytes, at: Int, stop: Int, base: Int, scratch: Scratch) -> bool:
    """Take the handshake bytes of a packet's frames; returns whether only frames came that are read here."""
    while at < stop:
        kind = np.int64(data[at])
        at += 1
        if kind == CRYPTO:
            offset, at = read_varint(data, at, stop)
            size, at = read_varint(data, at, stop)
            if offset < 0 or size < 0 or at + size > stop or offset + size > STREAM_BYTES:
                return False
            if not take(data, at, size, base + offset, scratch):
                return False
            at += size
        elif kind in (ACK, ACK_ECN):
            at = after_ack(data, at, stop, np.int64(3 * (kind == ACK_ECN)))
            if at < 0:
                return False
        elif kind not in (PADDING, PING):
            return False
    return True


@kernel
def take(data: Bytes, at: Int, size: Int, to: Int, scratch: Scratch) -> bool:
    """Take bytes of a stream; returns whether they say the same as those that were there."""
    scratch.state[N_MESSAGES] += 1
    odd = np.uint8(0)
    first, target = np.uint64(at), np.uint64(to)
    for k in range(np.uint64(size)):
        odd |= scratch.is_there[target + k] * (scratch.said[target + k] ^ data[first + k])
        scratch.said[target + k] = data[first + k]
        scratch.is_there[target + k] = 1
    return odd == 0 and scratch.state[N_MESSAGES] <= PIECES


@kernel
def after_ack(data: Bytes, at: Int, stop: Int, n_counts: Int) -> Int:
    """Return where the frame behind an ACK begins (RFC 9000, 19.3), or ODD. n_counts: numbers at its end."""
    n_ranges = ZERO
    for _ in range(3):
        n_ranges, at = read_varint(data, at, stop)
        if n_ranges < 0:
            return ODD
    if n_ranges > ACK_RANGES:
        return ODD
    for _ in range(1 + 2 * n_ranges + n_counts):
        value, at = read_varint(data, at, stop)
        if value < 0:
            return ODD
    return at


@kernel
def hello_end(scratch: Scratch, base: Int, kind: Int) -> Int:
    """Return where the hello that a stream begins with ends, 0 where it is not whole, or another message."""
    for k in range(MESSAGE_HEAD):
        if not scratch.is_there[base + k]:
            return ZERO
    end = MESSAGE_HEAD + be24(scratch.said, base + 1)
    if scratch.said[base] != kind or end > STREAM_BYTES:
        return ZERO
    is_whole = np.uint8(1)
    for k in range(base, base + end):
        is_whole &= scratch.is_there[k]
    return base + end if is_whole else ZERO


@kernel
def write_pair(version: Int, client_end: Int, server_end: Int, scratch: Scratch, out: Bytes, to: Int) -> Int:
    """Write a version, and each hello behind its size; returns the byte behind, or ODD."""
    to = put16(out, put16(out, to, version >> 16), version & 0xFFFF)
    end = write_client_hello(scratch.said, np.int64(MESSAGE_HEAD), client_end, out, to + 2, scratch.state)
    if end < 0:
        return ODD
    to = put16(out, to, end - to - 2) + end - to - 2
    end = to + 2
    if server_end > 0:
        begin = np.int64(STREAM_BYTES + MESSAGE_HEAD)
        end = write_server_hello(scratch.said, begin, server_end, out, to + 2, scratch.state)
        if end < 0:
            return ODD
    put16(out, to, end - to - 2)
    return end
