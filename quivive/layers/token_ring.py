"""Token ring frames that carry LLC (IEEE 802.5; LINKTYPE_IEEE802_5)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import LLC_FRAME

HEADER_BYTES, ROUTE_HEAD_BYTES = 14, 2
LLC_FRAMES = 0x40
IS_ROUTED = 0x80  # in the sender's address, where Ethernet has its group bit


@kernel
def read(data, at, stop):
    """Step over access and frame control, addresses and the source route."""
    if stop - at < HEADER_BYTES or data[at + 1] & 0xC0 != LLC_FRAMES:
        return NOTHING, at, stop, -1
    inner = at + HEADER_BYTES
    if data[at + 8] & IS_ROUTED:
        size = np.int64(data[inner] & 0x1F) if inner < stop else np.int64(0)
        if size < ROUTE_HEAD_BYTES or inner + size > stop:
            return NOTHING, at, stop, -1
        inner += size
    return LLC_FRAME, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


TOKEN_RING = Layer(
    name="token_ring",
    title="Token ring",
    spec="IEEE 802.5",
    claims=(claim(LINK, 6),),
    kernel=decode,
)
