"""Kernels that find where an HTTP/1 body ends (RFC 9112, 6 and 7), where that is said as it usually is.

Anything else is REFUSED, and read by body.py. What is not all there yet is CUT, or where it ends within or behind
a chunk, so that nothing of it waits to be read, PAUSED.
"""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span_size, span_start
from quivive.messages.http.head_kernels import CR, LF, ZERO
from quivive.messages.http.secret_kernels import CASE, Bytes, Int, holds

REFUSED, CUT, PAUSED = np.int64(-1), np.int64(-2), np.int64(-3)
MAX_DIGITS = np.int64(15)
CHUNKED = np.frombuffer(b"chunked", np.uint8)
NINE, LETTER_A, LETTER_F = (np.int64(byte) for byte in b"9af")


@kernel
def body_end(data: Bytes, at: Int, stop: Int, length: Int, coding: Int) -> tuple[Int, Int]:
    """Return where a body ends and its size; length and coding are the spans of the fields that say it."""
    if coding != ABSENT:
        coding_at = span_start(coding)
        is_chunked = span_size(coding) == CHUNKED.size and holds(data, coding_at, coding_at + CHUNKED.size, CHUNKED)
        return chunks_end(data, at, stop) if is_chunked and length == ABSENT else (REFUSED, np.int64(0))
    n_bytes = np.int64(0) if length == ABSENT else decimal(data, length)
    return (at + n_bytes if n_bytes != REFUSED else REFUSED), n_bytes


@kernel
def decimal(data: Bytes, text: Int) -> Int:
    """Return the number that a span writes."""
    n_digits, value = span_size(text), np.int64(0)
    if n_digits == 0 or n_digits > MAX_DIGITS:
        return REFUSED
    for at in range(span_start(text), span_start(text) + n_digits):
        digit = np.int64(data[at]) - ZERO
        if digit < 0 or digit > 9:
            return REFUSED
        value = value * 10 + digit
    return value


@kernel
def chunks_end(data: Bytes, at: Int, stop: Int) -> tuple[Int, Int]:
    """Return where chunks end, without extensions and trailer fields, and the bytes they hold or announce so far."""
    n_bytes = np.int64(0)
    while at < stop:
        size, at = chunk_size(data, at, stop)
        if size < 0:
            return size, n_bytes
        at, n_bytes = at + size, n_bytes + size
        if at >= stop:
            break
        if data[at] != CR or (at + 1 < stop and data[at + 1] != LF):
            return REFUSED, n_bytes
        if at + 1 == stop:
            return CUT, n_bytes
        at += 2
        if size == 0:
            return at, n_bytes
    return PAUSED, n_bytes


@kernel
def chunk_size(data: Bytes, at: Int, stop: Int) -> tuple[Int, Int]:
    """Return the size before a chunk, and the byte behind its line."""
    size, began = np.int64(0), at
    while at < stop and at - began <= MAX_DIGITS:
        digit = hex_digit(data[at])
        if digit < 0:
            break
        size, at = size << 4 | digit, at + 1
    if at == began or at - began > MAX_DIGITS or (at < stop and data[at] != CR):
        return REFUSED, at
    if at + 2 > stop:
        return CUT, at
    return (size if data[at + 1] == LF else REFUSED), at + 2


@kernel
def hex_digit(byte: Int) -> Int:
    """Return the value of a hexadecimal digit, -1 for any other byte."""
    if ZERO <= byte <= NINE:
        return np.int64(byte) - ZERO
    letter = np.int64(byte | CASE)
    return letter - LETTER_A + 10 if LETTER_A <= letter <= LETTER_F else np.int64(-1)
