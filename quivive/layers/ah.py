"""IP authentication header (RFC 4302), for IPv4: signed, not encrypted."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32
from quivive.kit.layer import IP_PROTOCOL, NOTHING, Layer, claim

FIXED_BYTES = 12
ANY_PROTOCOL = claim(IP_PROTOCOL, 0)


@kernel
def read(data, at, stop):
    """Step over the header; its number is the security parameters index."""
    if stop - at < FIXED_BYTES:
        return NOTHING, at, stop, -1
    inner = at + 8 + 4 * np.int64(data[at + 1])
    if inner < at + FIXED_BYTES or inner > stop:
        return NOTHING, at, stop, -1
    return ANY_PROTOCOL | np.int64(data[at]), inner, stop, be32(data, at + 4)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


AH = Layer(
    name="ah",
    title="IP authentication header",
    spec="RFC 4302",
    claims=(claim(IP_PROTOCOL, 51),),
    kernel=decode,
)
