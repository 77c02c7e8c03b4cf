"""Packets of SunATM devices (LINKTYPE_SUNATM)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, LLC_FRAME

HEADER_BYTES, LANE_BYTES = 4, 2
LANE, LLC_MULTIPLEXED = 1, 2


@kernel
def read(data, at, stop):
    """Step over kind and circuit; the number is path << 16 | circuit."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    kind, circuit = data[at] & 0x0F, np.int64(data[at + 1]) << 16 | be16(data, at + 2)
    inner = at + HEADER_BYTES
    if kind == LLC_MULTIPLEXED:
        return LLC_FRAME, inner, stop, circuit
    if kind == LANE and stop - inner >= LANE_BYTES:
        return ETHERNET, inner + LANE_BYTES, stop, circuit
    return NOTHING, at, stop, circuit


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


SUNATM = Layer(
    name="sunatm",
    title="SunATM",
    spec="LINKTYPE_SUNATM",
    claims=(claim(LINK, 123),),
    kernel=decode,
)
