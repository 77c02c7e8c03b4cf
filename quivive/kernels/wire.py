"""Big-endian reads from a byte buffer; the caller has checked the length.

Indices are unsigned in kernels: Numba then leaves out the test for negative ones, which costs more than the read.
"""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel

ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@kernel
def u8(data, at):
    """Return the byte at `at`, as int64."""
    return np.int64(data[np.uint64(at)])


@kernel
def be16(data, at):
    """Return the 16-bit number at byte `at`, as int64."""
    first = np.uint64(at)
    return (np.int64(data[first]) << 8) | np.int64(data[first + ONE])


@kernel
def be24(data, at):
    """Return the 24-bit number at byte `at`, as int64."""
    first = np.uint64(at)
    return (np.int64(data[first]) << 16) | (np.int64(data[first + ONE]) << 8) | np.int64(data[first + TWO])


@kernel
def be32(data, at):
    """Return the 32-bit number at byte `at`, as int64."""
    first = np.uint64(at)
    return (
        (np.int64(data[first]) << 24)
        | (np.int64(data[first + ONE]) << 16)
        | (np.int64(data[first + TWO]) << 8)
        | np.int64(data[first + THREE])
    )


@kernel
def be64(data, at):
    """Return the 64-bit number at byte `at`, as int64: the top bit is the sign, the bits are the wire's."""
    return (be32(data, at) << 32) | be32(data, at + 4)


@kernel
def le32(data, at):
    """Return the little-endian 32-bit number at byte `at`, as int64."""
    return be32_of(data[at + 3], data[at + 2], data[at + 1], data[at])


@kernel
def be32_of(a, b, c, d):
    """Return four bytes as one number, first byte highest, as int64."""
    return (np.int64(a) << 24) | (np.int64(b) << 16) | (np.int64(c) << 8) | np.int64(d)


@kernel
def span(start, size):
    """Return a byte range as one number: 47 bits of start, 16 bits of size."""
    return (np.int64(start) << 16) | min(np.int64(size), 0xFFFF)


@kernel
def span_start(ref):
    """Return where a span starts."""
    return ref >> 16


@kernel
def span_size(ref):
    """Return how many bytes a span holds."""
    return ref & 0xFFFF


@kernel
def be48(data, at):
    """Return the 48-bit number at byte `at`, as int64: a hardware address."""
    return (be16(data, at) << 32) | be32(data, at + 2)
