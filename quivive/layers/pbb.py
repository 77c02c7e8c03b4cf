"""Provider backbone bridges: a customer's whole frame behind a service tag (IEEE 802.1ah, 9.7)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be24
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET

TAG_BYTES = 4


@kernel
def read(data, at, stop):
    """Step over the tag; its number is the backbone service instance."""
    if stop - at < TAG_BYTES:
        return NOTHING, at, stop, -1
    return ETHERNET, at + TAG_BYTES, stop, be24(data, at + 1)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PBB = Layer(
    name="pbb",
    title="Provider backbone bridge",
    spec="IEEE 802.1ah",
    claims=(claim(ETHERTYPE, 0x88E7),),
    kernel=decode,
    is_tunnel=True,
)
