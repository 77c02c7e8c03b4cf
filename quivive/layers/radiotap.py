"""Radiotap: what a wireless card says of a frame it received (radiotap.org; LINKTYPE_IEEE802_11_RADIOTAP)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim

FIXED_BYTES = 8
WIRELESS_FRAME = claim(LINK, 105)
HAS_TIME, HAS_FLAGS, HAS_MORE_BITS = 0x01, 0x02, 0x80
CHECKSUM_FOLLOWS, CHECKSUM_BYTES = 0x10, 4
BITMAPS = 16
"""Words of presence bits that are followed; a card with four antennas sends five."""


@kernel
def flags_of(data, at, inner):
    """Return the flags field, 0 where there is none: it stands behind the bitmaps and, if that is there, the time."""
    if not data[at + 4] & HAS_FLAGS:
        return 0
    field = at + FIXED_BYTES
    for _ in range(BITMAPS):
        if not data[field - 1] & HAS_MORE_BITS or field + 4 > inner:
            break
        field += 4
    if data[at + 4] & HAS_TIME:  # aligned to its size, counted from the header's first byte
        field += (at - field) % 8 + 8
    return data[field] if field < inner else 0


@kernel
def read(data, at, stop):
    """Step over the header, and leave out the frame's check sum where the flags say it is there."""
    if stop - at < FIXED_BYTES or data[at]:
        return NOTHING, at, stop, -1
    inner = at + (np.int64(data[at + 3]) << 8 | np.int64(data[at + 2]))
    if inner < at + FIXED_BYTES or inner > stop:
        return NOTHING, at, stop, -1
    has_checksum = flags_of(data, at, inner) & CHECKSUM_FOLLOWS and stop - inner >= CHECKSUM_BYTES
    return WIRELESS_FRAME, inner, stop - (CHECKSUM_BYTES if has_checksum else 0), -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


RADIOTAP = Layer(
    name="radiotap",
    title="Radiotap",
    spec="radiotap.org",
    claims=(claim(LINK, 127),),
    kernel=decode,
)
