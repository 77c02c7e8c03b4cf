"""PPP captures that say of each packet which way it went (LINKTYPE_PPP_WITH_DIR)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import PPP_FRAME


@kernel
def read(data, at, stop):
    """Step over the direction."""
    if stop - at < 1:
        return NOTHING, at, stop, -1
    return PPP_FRAME, at + 1, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PPP_DIRECTION = Layer(
    name="ppp_direction",
    title="PPP with direction",
    spec="LINKTYPE_PPP_WITH_DIR",
    claims=(claim(LINK, 204),),
    kernel=decode,
)
