"""Kernels that write names and record data of DNS as text, as records.py does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.messages.dns.layouts import (
    ALPN,
    DOHPATH,
    END,
    HEX,
    IPV4,
    IPV4HINT,
    IPV6,
    IPV6HINT,
    LAYOUT_GRID,
    NAME,
    OMIT,
    PARAM_NAMES,
    PARAMS,
    PORT,
    QUOTED,
    STRINGS,
    U8,
    U16,
    U32,
    WORD,
)
from quivive.messages.dns.records import LABEL_BYTES, NAME_BYTES, POINTER
from quivive.messages.text_kernels import (
    BACKSLASH,
    COMMA,
    DOT,
    EQUALS,
    QUOTE,
    SPACE,
    Bytes,
    Int,
    put,
    put_escaped,
    put_glimpse,
    put_ipv4,
    put_ipv6,
    put_number,
)
from quivive.model.limits import DNS_LABELS, TEXT_BYTES

MALFORMED = np.int64(-1)
HASH = np.int64(0x23)
N_PARAMS = len(PARAM_NAMES)
PARAM_TEXT = np.frombuffer("".join(PARAM_NAMES).encode() + b"key", np.uint8)
PARAM_STARTS = np.cumsum([0, *map(len, PARAM_NAMES), len("key")]).astype(np.int64)


class Wire(NamedTuple):
    """A message within a buffer: pointers count from `first`, nothing is read from `stop` on."""

    data: Bytes
    first: Int
    stop: Int


@kernel
def put_name(wire: Wire, at: Int, arena: Bytes, to: Int, limit: Int) -> tuple[Int, Int]:
    """Write a name in lower case; returns the byte after it (MALFORMED: none) and where its text ends."""
    resume, n_bytes, begin = MALFORMED, np.int64(1), to
    for _ in range(DNS_LABELS):
        if at >= wire.stop:
            return MALFORMED, to
        size = np.int64(wire.data[at])
        if size == 0:
            return (at + 1 if resume < 0 else resume), (put(arena, to, limit, DOT) if to == begin else to)
        if size >= POINTER:
            if at + 2 > wire.stop:
                return MALFORMED, to
            resume = at + 2 if resume < 0 else resume
            at = wire.first + (be16(wire.data, at) & 0x3FFF)
            continue
        n_bytes += 1 + size
        if size > LABEL_BYTES or at + 1 + size > wire.stop or n_bytes > NAME_BYTES:
            return MALFORMED, to
        label = put(arena, to, limit, DOT) if to > begin else to
        to = put_escaped(wire.data, at + 1, at + 1 + size, DOT, arena, label, limit)
        for k in range(label, to):
            if 0x41 <= arena[k] <= 0x5A:
                arena[k] |= 0x20
        at += 1 + size
    return MALFORMED, to


@kernel
def put_record(wire: Wire, type_: Int, at: Int, stop: Int, arena: Bytes, to: Int) -> tuple[bool, Int]:
    """Write a record's data, at most TEXT_BYTES of it; returns whether its parts fill it and where the text ends."""
    begin, limit = to, to + TEXT_BYTES + 1
    if at == stop or type_ >= LAYOUT_GRID.shape[0] or LAYOUT_GRID[type_, 0] == END:
        return True, put_generic(wire.data, at, stop, arena, to, limit)
    start = at
    for k in range(LAYOUT_GRID.shape[1]):
        if LAYOUT_GRID[type_, k] == END or at < 0:
            break
        space = put(arena, to, limit, SPACE) if to > begin else to
        at, end = put_part(wire, LAYOUT_GRID[type_, k], at, stop, arena, space, limit)
        to = end if end > space else to
    if at != stop:
        return False, put_generic(wire.data, start, stop, arena, begin, limit)
    if to - begin > TEXT_BYTES:
        to = begin + TEXT_BYTES
        for k in range(to - 3, to):
            arena[k] = DOT
    return True, to


@kernel
def put_generic(data: Bytes, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write the data of any record as RFC 3597 has it; nothing for none."""
    if at == stop:
        return to
    for code in (BACKSLASH, HASH, SPACE):
        to = put(arena, to, limit, code)
    to = put(arena, put_number(stop - at, arena, to, limit), limit, SPACE)
    return put_glimpse(data, at, stop, arena, to, limit)


@kernel
def put_part(wire: Wire, part: Int, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> tuple[Int, Int]:
    """Write one part of a record; returns the byte after it (MALFORMED: none) and where its text ends."""
    if part == NAME:
        end, to = put_name(wire, at, arena, to, limit)
        return (end if end <= stop else MALFORMED), to
    if part in (U8, U16, U32, IPV4, IPV6):
        return put_fixed(wire.data, part, at, stop, arena, to, limit)
    if part == STRINGS:
        return put_strings(wire.data, at, stop, QUOTE, arena, to, limit)
    if part == PARAMS:
        return put_params(wire.data, at, stop, arena, to, limit)
    if part == OMIT:
        return stop, to
    if part == QUOTED:
        return stop, put_quoted(wire.data, at, stop, arena, to, limit)
    if part == HEX:
        return stop, put_glimpse(wire.data, at, stop, arena, to, limit)
    end = at + 1 + np.int64(wire.data[at]) if at < stop else stop + 1
    if end > stop:  # a counted string
        return MALFORMED, to
    if part == WORD:
        return end, put_escaped(wire.data, at + 1, end, COMMA, arena, to, limit)
    return end, put_quoted(wire.data, at + 1, end, arena, to, limit)


@kernel
def put_fixed(data: Bytes, part: Int, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> tuple[Int, Int]:
    """Write a number or an address."""
    size = 1 if part == U8 else 2 if part == U16 else 4 if part != IPV6 else 16
    if at + size > stop:
        return MALFORMED, to
    if part == IPV4:
        return at + size, put_ipv4(data, at, arena, to, limit)
    if part == IPV6:
        return at + size, put_ipv6(data, at, arena, to, limit)
    value = np.int64(0)
    for k in range(at, at + size):
        value = value << 8 | np.int64(data[k])
    return at + size, put_number(value, arena, to, limit)


@kernel
def put_quoted(data: Bytes, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> Int:
    """Write bytes in quotation marks."""
    to = put(arena, to, limit, QUOTE)
    to = put_escaped(data, at, stop, QUOTE, arena, to, limit)
    return put(arena, to, limit, QUOTE)


@kernel
def put_strings(data: Bytes, at: Int, stop: Int, special: Int, arena: Bytes, to: Int, limit: Int) -> tuple[Int, Int]:
    """Write counted strings up to `stop`, a space between quoted ones or a comma between bare ones."""
    begin = at
    while at < stop:
        end = at + 1 + np.int64(data[at])
        if end > stop:
            return MALFORMED, to
        if at > begin:
            to = put(arena, to, limit, SPACE if special == QUOTE else COMMA)
        if special == QUOTE:
            to = put_quoted(data, at + 1, end, arena, to, limit)
        else:
            to = put_escaped(data, at + 1, end, special, arena, to, limit)
        at = end
    return at, to


@kernel
def put_params(data: Bytes, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> tuple[Int, Int]:
    """Write service parameters as key=value."""
    begin = at
    while at < stop:
        end = at + 4 + be16(data, at + 2) if at + 4 <= stop else stop + 1
        if end > stop:
            return MALFORMED, to
        if at > begin:
            to = put(arena, to, limit, SPACE)
        key = be16(data, at)
        known = min(key, N_PARAMS)
        for k in range(PARAM_STARTS[known], PARAM_STARTS[known + 1]):
            to = put(arena, to, limit, np.int64(PARAM_TEXT[k]))
        if known == N_PARAMS:
            to = put_number(key, arena, to, limit)
        at, to = put_param(data, key, at + 4, end, arena, to, limit)
        if at < 0:
            return MALFORMED, to
    return at, to


@kernel
def put_param(data: Bytes, key: Int, at: Int, stop: Int, arena: Bytes, to: Int, limit: Int) -> tuple[Int, Int]:
    """Write a parameter's value behind an equals sign; returns MALFORMED or `stop`, and where its text ends."""
    size = stop - at
    if size == 0:
        return stop, to
    to = put(arena, to, limit, EQUALS)
    if key == ALPN:
        return put_strings(data, at, stop, COMMA, arena, to, limit)
    if key == DOHPATH:
        return stop, put_escaped(data, at, stop, COMMA, arena, to, limit)
    if key == PORT and size == 2:
        return stop, put_number(be16(data, at), arena, to, limit)
    step = 4 if key == IPV4HINT else 16 if key == IPV6HINT else 0
    if step == 0 or size % step:
        return stop, put_glimpse(data, at, stop, arena, to, limit)
    for address in range(at, stop, step):
        if address > at:
            to = put(arena, to, limit, COMMA)
        to = put_ipv4(data, address, arena, to, limit) if step == 4 else put_ipv6(data, address, arena, to, limit)
    return stop, to
