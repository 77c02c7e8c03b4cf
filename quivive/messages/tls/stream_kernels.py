"""TLS conversations without what is random in them: records stepped through, hellos and certificates kept.

A conversation becomes turns again: a byte with the turn's number and side, three with its size, then its records, each
with one message. A parser of TLS reads from them what it would read from the original; see tls_hello_kernels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be24
from quivive.messages.tls.hello_kernels import (
    HAS_CHANGED,
    HAS_CLIENT,
    HAS_SERVER,
    IS_CLOSED,
    IS_CUT,
    N_MESSAGES,
    NAME,
    ODD,
    ZERO,
    Bytes,
    Int,
    Words,
    copy,
    put16,
    write_client_hello,
    write_server_hello,
)

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE = 1, 2, 11, 12
RECORD_HEAD, MESSAGE_HEAD, TURN_HEAD = 5, 4, 4
RECORD_BYTES = (1 << 14) + 2048
"""Longest record (RFC 5246, 6.2.3)."""

TURNS = 128
"""Turns of a conversation looked at; a handshake has four to six."""

MESSAGES = 32
"""Handshake messages of a conversation looked at; a handshake has up to ten in clear."""

ROOM = TURNS * TURN_HEAD + (MESSAGES + 8) * RECORD_HEAD + 64
"""Bytes by which what is written may be longer than the conversation: heads of turns, of records, and padding."""

CURVE_BYTES = np.int64(3)
"""What names the curve at the beginning of a ServerKeyExchange (RFC 8422, 5.4)."""

WORD_BYTES = 8
FATAL, CLOSE_NOTIFY = 2, 0


class Turns(NamedTuple):
    """The columns of Streams that are read here."""

    first: Words
    side: Words
    begin: Words
    end: Words
    gap: Words


class Written(NamedTuple):
    """What is told of each conversation that was written; int64 (n_flows,).

    start, size: where it stands, in words; a size of 0 is a conversation of another shape
    name:        span of the server name, -1 for none
    is_cut:      whether it ends within a record
    """

    start: Words
    size: Words
    name: Words
    is_cut: Words


@kernel
def write_conversations(data: Bytes, turns: Turns, out: Bytes, state: Words, written: Written) -> None:
    """Write each conversation from a whole word on, padded to whole words with zeros.

    state: int64 (STATE_WORDS,) to work in     out: uint8, see ROOM
    """
    to = np.int64(0)
    start, size = written.start, written.size
    for c in range(start.size):
        start[c], size[c] = to // WORD_BYTES, 0
        end = write_conversation(data, turns, c, out, to, state)
        written.name[c], written.is_cut[c] = state[NAME], state[IS_CUT] | state[IS_CUT + 1]
        if end >= 0:
            while end % WORD_BYTES:
                out[end] = 0
                end += 1
            size[c], to = (end - to) // WORD_BYTES, end


@kernel
def write_conversation(data: Bytes, turns: Turns, c: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write the turns up to where both sides are encrypted; returns the byte behind, or ODD."""
    for k in range(state.size):
        state[k] = 0
    state[NAME] = -1
    first = turns.first[c]
    for k in range(first, turns.first[c + 1]):
        side = turns.side[k]
        if state[IS_CLOSED + side]:
            continue
        if turns.gap[k] > 0 or k - first >= TURNS or state[IS_CUT + side]:
            return ODD
        end = write_turn(data, turns.begin[k], turns.end[k], side, out, to + TURN_HEAD, state)
        if end < 0:
            return ODD
        out[to], out[to + 1] = (k - first) << 1 | side, (end - to - TURN_HEAD) >> 16
        put16(out, to + 2, (end - to - TURN_HEAD) & 0xFFFF)
        to = end
        if state[IS_CLOSED] and state[IS_CLOSED + 1]:
            break
    return to


@kernel
def write_turn(data: Bytes, at: Int, stop: Int, side: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write the records of a turn that matter, as far as the side speaks in clear; returns the byte behind, or ODD.

    Of a record that is cut off by the end of the turn nothing is written.
    """
    while at < stop and not state[IS_CLOSED + side]:
        if at + RECORD_HEAD > stop:
            state[IS_CUT + side] = 1
            break
        kind, size = np.int64(data[at]), be16(data, at + 3)
        body = at + RECORD_HEAD
        if data[at + 1] != 3 or size > RECORD_BYTES or kind < CHANGE_CIPHER_SPEC or kind > HEARTBEAT:
            return ODD
        if kind == APPLICATION_DATA:
            to = write_head(kind, ZERO, out, to)
            state[IS_CLOSED + side] = 1
            break
        at = body + size
        if at > stop:
            state[IS_CUT + side] = 1
            break
        to = write_record(data, kind, body, at, side, out, to, state)
        if to < 0:
            return ODD
    return to


@kernel
def write_record(data: Bytes, kind: Int, body: Int, stop: Int, side: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write a record that is not application data, an empty one where only that it comes is of use."""
    size = stop - body
    if kind == HANDSHAKE and size > 0:
        return write_handshake(data, body, stop, side, out, to, state)
    if kind == ALERT and size == 2 and not state[HAS_CHANGED + side]:
        state[IS_CLOSED + side] = data[body] == FATAL or data[body + 1] == CLOSE_NOTIFY
        return copy(data, body, size, out, write_head(kind, size, out, to))
    if kind == CHANGE_CIPHER_SPEC:
        state[HAS_CHANGED + side] = 1
    elif kind == HANDSHAKE:
        state[IS_CLOSED + side] = state[HAS_CHANGED + side]
    return write_head(kind, ZERO, out, to)


@kernel
def write_head(kind: Int, size: Int, out: Bytes, to: Int) -> Int:
    """Write the head of a record; returns the byte behind."""
    out[to] = kind
    put16(out, to + 1, np.int64(0x0303))
    return put16(out, to + 3, size)


@kernel
def write_handshake(data: Bytes, at: Int, stop: Int, side: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write the messages of a record, each in one of its own; returns the byte behind, or ODD."""
    if state[HAS_CHANGED + side]:
        if (
            at + MESSAGE_HEAD <= stop
            and data[at] in (CLIENT_HELLO, SERVER_HELLO)
            and be24(data, at + 1) == stop - at - 4
        ):
            return ODD  # a hello in clear behind a ChangeCipherSpec: the answer to a retry
        state[IS_CLOSED + side] = 1
        return write_head(np.int64(HANDSHAKE), ZERO, out, to)
    while at < stop:
        begin = at + MESSAGE_HEAD
        if begin > stop or begin + be24(data, at + 1) > stop or state[N_MESSAGES] == MESSAGES:
            return ODD
        state[N_MESSAGES] += 1
        at = begin + be24(data, at + 1)
        body = to + RECORD_HEAD + MESSAGE_HEAD
        end = write_message(data, np.int64(data[begin - MESSAGE_HEAD]), begin, at, side, out, body, state)
        if end < 0:
            return ODD
        to = write_head(np.int64(HANDSHAKE), end - to - RECORD_HEAD, out, to)
        out[to], out[to + 1] = data[begin - MESSAGE_HEAD], 0
        put16(out, to + 2, end - body)
        to = end
    return to


@kernel
def write_message(data: Bytes, kind: Int, at: Int, stop: Int, side: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write what matters of a message's body; returns the byte behind, or ODD."""
    if kind == CLIENT_HELLO:
        if side != 0 or state[HAS_CLIENT] or state[HAS_SERVER]:
            return ODD
        state[HAS_CLIENT] = 1
        return write_client_hello(data, at, stop, out, to, state)
    if kind == SERVER_HELLO:
        if side != 1 or state[HAS_SERVER]:
            return ODD
        state[HAS_SERVER] = 1
        return write_server_hello(data, at, stop, out, to, state)
    if kind == CERTIFICATE:
        return copy(data, at, stop - at, out, to)
    if kind == SERVER_KEY_EXCHANGE:
        return copy(data, at, min(stop - at, CURVE_BYTES), out, to)
    return to
