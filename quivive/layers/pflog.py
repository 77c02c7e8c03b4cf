"""Packets that the pf packet filter of OpenBSD and FreeBSD logged (LINKTYPE_PFLOG)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ip_at

FIXED_BYTES = 28


@kernel
def read(data, at, stop):
    """Step over the header, whose first byte is its length without the padding to a multiple of four."""
    if stop - at < FIXED_BYTES:
        return NOTHING, at, stop, -1
    inner = at + ((np.int64(data[at]) + 3) & ~3)
    if inner < at + FIXED_BYTES or inner > stop:
        return NOTHING, at, stop, -1
    return ip_at(data, inner, stop), inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PFLOG = Layer(
    name="pflog",
    title="BSD packet filter log",
    spec="LINKTYPE_PFLOG",
    claims=(claim(LINK, 117),),
    kernel=decode,
)
