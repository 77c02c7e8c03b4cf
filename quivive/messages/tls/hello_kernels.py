"""TLS hellos without what is random in them (RFC 8446, 4.1): those of one program become the same bytes.

What is left is a hello again, and `read_client_hello` and `read_server_hello` read from it what they would read from
the original, but for the name that the client asks for. Kernels return ODD for hellos of another shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.text import ABSENT, is_printable
from quivive.kernels.wire import be16, span
from quivive.messages.tls.hello import (
    ALGORITHMS,
    ALPN,
    DRAFT_KEY_SHARE,
    DRAFT_TRANSPORT_PARAMETERS,
    GROUPS,
    KEY_SHARE,
    NPN,
    POINT_FORMATS,
    RETRY_RANDOM,
    SERVER_NAME,
    SUPPORTED_VERSIONS,
    TRANSPORT_PARAMETERS,
)

Bytes = NDArray[np.uint8]
Words = NDArray[np.int64]
Int = Any
"""An int64: what NumPy makes of one is no int to a type checker."""

ODD = np.int64(-1)
"""What kernels return where the bytes are not of the shape that they read."""

GREASE = np.int64(0x0A0A)
"""What all numbers that stand for nothing are replaced by (RFC 8701)."""

RANDOM_AT, SESSION_AT = 2, 34
RETRY = np.frombuffer(RETRY_RANDOM, np.uint8)

OWN_SESSION, OTHER_SESSION = np.int64(1), np.int64(2)
"""What session IDs are filled with: the client's own, also where the server gives it back, and any other."""

NAME_BYTES = 255
"""Longest server name read here: that of DNS (RFC 1035, 2.3.4)."""

NAME_AT = 5
"""Where a server name stands in its extension: behind two lengths and the kind (RFC 6066, 3)."""

SESSION, SESSION_BYTES, NAME, N_MESSAGES, HAS_CLIENT, HAS_SERVER = range(6)
HAS_CHANGED, IS_CLOSED, IS_CUT = 6, 8, 10
STATE_WORDS = 12
"""Words of what is known of a conversation, int64; the last three are two, one per side."""

PARAMETERS = 64
"""Transport parameters of QUIC that are looked at, as in quic/packet.py."""

AGENT = 0x3129
"""Transport parameter in which Chrome names itself."""

AGENT_BYTES = 0x3FFF
"""Longest name of a program; that of QUIC stands in hellos that are shorter."""

ZERO, ONE, TWO = np.int64(0), np.int64(1), np.int64(2)


@kernel
def is_grease(value: Int) -> bool:
    """Return whether a number is there to be ignored (RFC 8701)."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


@kernel
def put16(out: Bytes, to: Int, value: Int) -> Int:
    """Write a 16-bit number; returns the byte behind it."""
    first = np.uint64(to)
    out[first], out[first + np.uint64(1)] = (value >> 8) & 0xFF, value & 0xFF
    return to + 2


@kernel
def copy(data: Bytes, at: Int, size: Int, out: Bytes, to: Int) -> Int:
    """Copy bytes; returns the byte behind them."""
    first, target = np.uint64(at), np.uint64(to)
    for k in range(np.uint64(size)):
        out[target + k] = data[first + k]
    return to + size


@kernel
def fill(out: Bytes, to: Int, size: Int, value: Int) -> Int:
    """Write one value `size` times; returns the byte behind."""
    target = np.uint64(to)
    for k in range(np.uint64(size)):
        out[target + k] = value
    return to + size


@kernel
def copy_numbers(data: Bytes, at: Int, size: Int, head: Int, out: Bytes, to: Int) -> Int:
    """Copy a list of 16-bit numbers that begins behind `head` bytes, GREASE made one; returns the byte behind."""
    end = at + size
    begin = min(at + head, end)
    to, at = copy(data, at, begin - at, out, to), begin
    while at + 2 <= end:
        value = be16(data, at)
        to = put16(out, to, GREASE if is_grease(value) else value)
        at += 2
    return copy(data, at, end - at, out, to)


@kernel
def name_span(data: Bytes, at: Int, size: Int) -> tuple[Int, bool]:
    """Return the server name of an extension; ABSENT for an empty one, ODD where it is not one plain name."""
    if size == 0:
        return np.int64(ABSENT), True
    n_bytes = size - NAME_AT
    if n_bytes < 0 or n_bytes > NAME_BYTES or be16(data, at + 3) != n_bytes:
        return np.int64(ABSENT), False
    first = np.uint64(at + NAME_AT)
    for k in range(np.uint64(n_bytes)):
        if not is_printable(data[first + k]):
            return np.int64(ABSENT), False
    return (span(at + NAME_AT, n_bytes) if n_bytes else np.int64(ABSENT)), True


@kernel
def write_client_extension(data: Bytes, at: Int, kind: Int, size: Int, out: Bytes, to: Int) -> Int:
    """Write what an extension of a ClientHello says that is looked into; returns the byte behind."""
    if kind in (GROUPS, ALGORITHMS):
        return copy_numbers(data, at, size, TWO, out, to)
    if kind == SUPPORTED_VERSIONS:
        return copy_numbers(data, at, size, ONE, out, to)
    if kind in (ALPN, POINT_FORMATS):
        return copy(data, at, size, out, to)
    if kind in (TRANSPORT_PARAMETERS, DRAFT_TRANSPORT_PARAMETERS) and size > 0:
        return write_agent(data, at, at + size, out, to)
    return to


@kernel
def read_varint(data: Bytes, at: Int, stop: Int) -> tuple[Int, Int]:
    """Return a number of 1, 2, 4 or 8 bytes and the byte behind it (RFC 9000, 16); ODD where it is cut short."""
    if at >= stop:
        return ODD, stop
    end = at + (np.int64(1) << (np.int64(data[at]) >> 6))
    if end > stop:
        return ODD, stop
    value = np.int64(data[at]) & 0x3F
    for k in range(at + 1, end):
        value = value << 8 | np.int64(data[k])
    return value, end


@kernel
def write_agent(data: Bytes, at: Int, stop: Int, out: Bytes, to: Int) -> Int:
    """Write of QUIC's transport parameters the one that names the program; an empty one stands for the others."""
    for _ in range(PARAMETERS):
        kind, at = read_varint(data, at, stop)
        size, at = read_varint(data, at, stop)
        if kind < 0 or size < 0:
            break
        if kind == AGENT and size <= AGENT_BYTES:
            size = min(size, stop - at)
            # Numbers of two bytes: 0x4000 says so.
            to = put16(out, put16(out, to, np.int64(AGENT | 0x4000)), size | 0x4000)
            return copy(data, at, size, out, to)
        at = min(at + size, stop)
    return put16(out, to, ZERO)


@kernel
def write_server_extension(data: Bytes, at: Int, kind: Int, size: Int, out: Bytes, to: Int) -> Int:
    """Write what an extension of a ServerHello says that is looked into; returns the byte behind."""
    if kind in (ALPN, NPN, SUPPORTED_VERSIONS):
        return copy(data, at, size, out, to)
    if kind in (KEY_SHARE, DRAFT_KEY_SHARE):
        return copy(data, at, min(size, TWO), out, to)
    return to


@kernel
def write_extensions(data: Bytes, at: Int, stop: Int, is_client: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write the extensions up to `stop`, emptied of what nobody reads; returns the byte behind, or ODD.

    is_client: int64, whether they are a ClientHello's; of a literal each value would be another compilation
    """
    if at == stop:
        return to
    if at + 2 > stop or at + 2 + be16(data, at) != stop:
        return ODD
    block, has_name = to, False
    at, to = at + 2, to + 2
    while at + 4 <= stop:
        kind, size = be16(data, at), be16(data, at + 2)
        at += 4
        if at + size > stop:
            return ODD
        if is_client and kind == SERVER_NAME:
            state[NAME], is_plain = name_span(data, at, size)
            if has_name or not is_plain:
                return ODD
            has_name = True
        put16(out, to, GREASE if is_client and is_grease(kind) else kind)
        begin = to + 4
        if is_client:
            to = write_client_extension(data, at, kind, size, out, begin)
        else:
            to = write_server_extension(data, at, kind, size, out, begin)
        put16(out, begin - 2, to - begin)
        at += size
    put16(out, block, to - block - 2)
    return to if at == stop else ODD


@kernel
def write_client_hello(data: Bytes, at: Int, stop: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write a ClientHello's body; fills SESSION, SESSION_BYTES and NAME. Returns the byte behind, or ODD."""
    state[NAME] = ABSENT
    if at + SESSION_AT >= stop:
        return ODD
    session, n_session = at + SESSION_AT + 1, np.int64(data[at + SESSION_AT])
    if session + n_session + 2 > stop:
        return ODD
    ciphers, n_ciphers = session + n_session + 2, be16(data, session + n_session)
    methods = ciphers + n_ciphers
    if n_ciphers & 1 or methods >= stop or methods + 1 + data[methods] > stop:
        return ODD
    state[SESSION], state[SESSION_BYTES] = session, n_session
    to = fill(out, copy(data, at, TWO, out, to), np.int64(SESSION_AT - RANDOM_AT), ZERO)
    to = fill(out, copy(data, at + SESSION_AT, ONE, out, to), n_session, OWN_SESSION)
    to = copy_numbers(data, ciphers - 2, n_ciphers + 2, TWO, out, to)
    n_methods = 1 + np.int64(data[methods])
    to = copy(data, methods, n_methods, out, to)
    return write_extensions(data, methods + n_methods, stop, ONE, out, to, state)


@kernel
def is_equal(data: Bytes, at: Int, other: Int, size: Int) -> bool:
    """Return whether two byte ranges are the same."""
    odd = np.uint8(0)
    for k in range(size):
        odd |= data[at + k] ^ data[other + k]
    return odd == 0


@kernel
def is_retry(data: Bytes, at: Int) -> bool:
    """Return whether a server's random value asks for another hello (RFC 8446, 4.1.3)."""
    odd = np.uint8(0)
    for k in range(RETRY.size):
        odd |= data[at + k] ^ RETRY[k]
    return odd == 0


@kernel
def write_server_hello(data: Bytes, at: Int, stop: Int, out: Bytes, to: Int, state: Words) -> Int:
    """Write a ServerHello's body; returns the byte behind, or ODD also for the forms of retries and of drafts."""
    if at + SESSION_AT >= stop or data[at] == 0x7F or is_retry(data, at + RANDOM_AT):
        return ODD
    session, n_session = at + SESSION_AT + 1, np.int64(data[at + SESSION_AT])
    cipher = session + n_session
    if cipher + 3 > stop:
        return ODD
    is_echo = n_session == state[SESSION_BYTES] and is_equal(data, session, state[SESSION], n_session)
    to = fill(out, copy(data, at, TWO, out, to), np.int64(SESSION_AT - RANDOM_AT), ZERO)
    to = copy(data, at + SESSION_AT, ONE, out, to)
    to = fill(out, to, n_session, OWN_SESSION if is_echo else OTHER_SESSION)
    to = copy(data, cipher, np.int64(3), out, to)
    return write_extensions(data, cipher + 3, stop, ZERO, out, to, state)
