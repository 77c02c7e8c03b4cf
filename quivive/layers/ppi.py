"""PPI: per-packet information before a frame of any link type (CACE Technologies, 1.0.10; LINKTYPE_PPI)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import le32
from quivive.kit.layer import LINK, NOTHING, Layer, claim

HEADER_BYTES, FIELD_BYTES = 8, 4
ANY_LINK = claim(LINK, 0)
WIRELESS = 105
COMMON_FIELD, COMMON_FLAGS, CHECKSUM_FOLLOWS, CHECKSUM_BYTES = 2, 8, 0x01, 4
FIELDS = 16
"""Fields that are looked through; a dozen kinds are defined."""


@kernel
def le16(data, at):
    """Return the little-endian 16-bit number at byte `at`, as int64."""
    return np.int64(data[at + 1]) << 8 | np.int64(data[at])


@kernel
def has_checksum(data, at, stop):
    """Return whether the field of common 802.11 facts says that the frame's check sum is there."""
    for _ in range(FIELDS):
        if at + FIELD_BYTES > stop:
            break
        kind, size = le16(data, at), le16(data, at + 2)
        flags = at + FIELD_BYTES + COMMON_FLAGS
        if kind == COMMON_FIELD and flags < stop:
            return data[flags] & CHECKSUM_FOLLOWS != 0
        at += FIELD_BYTES + size
    return False


@kernel
def read(data, at, stop):
    """Step over the header and its fields."""
    if stop - at < HEADER_BYTES or data[at]:
        return NOTHING, at, stop, -1
    inner, link_type = at + le16(data, at + 2), le32(data, at + 4)
    if inner < at + HEADER_BYTES or inner > stop:
        return NOTHING, at, stop, -1
    if link_type == WIRELESS and stop - inner >= CHECKSUM_BYTES and has_checksum(data, at + HEADER_BYTES, inner):
        return ANY_LINK | link_type, inner, stop - CHECKSUM_BYTES, -1
    return ANY_LINK | link_type, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PPI = Layer(
    name="ppi",
    title="Per-packet information",
    spec="LINKTYPE_PPI",
    claims=(claim(LINK, 192),),
    kernel=decode,
)
