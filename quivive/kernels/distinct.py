"""Which byte strings are the same: each distinct one gets a number, so that Python need look at it only once."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import span_size, span_start

WORD_BYTES = 8
NONE = -1
"""The number of a string that is absent."""

PROBES = 64
"""Places looked at for a string's like: where strings were made to collide, it passes for a new one."""

SEED, FACTOR, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(32)


@kernel
def mixed(words, start, size):
    """Return a hash of `size` words, as a number of 63 bits."""
    value, first = SEED ^ np.uint64(size), np.uint64(start)
    for k in range(np.uint64(size)):
        value = (value ^ words[first + k]) * FACTOR
        value ^= value >> SHIFT
    return np.int64(value >> np.uint64(1))


@kernel
def is_same(words, first, second, size):
    """Return whether two runs of `size` words are equal."""
    one, other = np.uint64(first), np.uint64(second)
    for k in range(np.uint64(size)):
        if words[one + k] != words[other + k]:
            return False
    return True


@kernel
def number_distinct(words, start, size, table, number, sample):
    """Number the strings in order of first appearance; returns how many distinct ones there are.

    words:        uint64 (n_words,)  strings, each padded to whole words in a way that keeps different ones different
    start, size:  int64 (n,)         in words; a size of 0 is an absent string
    table:        int64 (2**k,)      filled with -1, at least twice as long as there are strings
    number:       int64 (n,)         filled: the number of each string, -1 where it is absent
    sample:       int64 (n,)         filled, as far as there are distinct ones: the first string with that number
    """
    count, mask = np.int64(0), np.int64(table.size - 1)
    for k in range(start.size):
        number[k] = NONE
        if size[k] == 0:
            continue
        slot = mixed(words, start[k], size[k]) & mask
        for _ in range(PROBES):
            held = table[slot]
            if held < 0:
                table[slot] = count
                break
            other = sample[held]
            if size[other] == size[k] and is_same(words, start[other], start[k], size[k]):
                number[k] = held
                break
            slot = (slot + 1) & mask
        if number[k] == NONE:
            number[k], sample[count] = count, k
            count += 1
    return count


@kernel
def pack_spans(data, spans, out, start, size):
    """Copy spans of bytes one after the other, each padded to whole words behind a word that holds its size.

    out: uint8, zeros; start, size: filled, in words, size 0 for an absent span. Returns the bytes filled.
    """
    to = np.int64(0)
    for k in range(spans.size):
        start[k], size[k] = to // WORD_BYTES, 0
        if spans[k] < 0:
            continue
        n_bytes, first = span_size(spans[k]), np.uint64(span_start(spans[k]))
        out[to], out[to + 1] = n_bytes & 0xFF, n_bytes >> 8
        target = np.uint64(to + WORD_BYTES)
        for j in range(np.uint64(n_bytes)):
            out[target + j] = data[first + j]
        size[k] = 1 + (n_bytes + WORD_BYTES - 1) // WORD_BYTES
        to += size[k] * WORD_BYTES
    return to


def distinct(words: np.ndarray, start: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each string, and for each number the first string that has it; see number_distinct."""
    table = np.full(1 << max(2 * start.size, 8).bit_length(), -1, np.int64)
    number, sample = np.empty(start.size, np.int64), np.empty(start.size, np.int64)
    with np.errstate(over="ignore"):  # the hash wraps; NumPy says so where kernels are not compiled
        count = number_distinct(words, start, size, table, number, sample)
    return number, sample[:count]


def distinct_spans(data: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each span's bytes, -1 where it is absent, and the first span of each number."""
    room = np.where(spans < 0, 0, (spans & 0xFFFF) + 2 * WORD_BYTES - 1)
    out = np.zeros((int(room.sum()) // WORD_BYTES + 1) * WORD_BYTES, np.uint8)
    start, size = np.empty(spans.size, np.int64), np.empty(spans.size, np.int64)
    pack_spans(data, spans, out, start, size)
    return distinct(out.view(np.uint64), start, size)
