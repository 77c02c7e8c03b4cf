"""E-TAG: the tag between a switch and its port extenders (IEEE 802.1BR, 7.5)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

TAG_BYTES = 8


@kernel
def read(data, at, stop):
    """Step over the tag; its number is the E-channel identifier's base."""
    if stop - at < TAG_BYTES:
        return NOTHING, at, stop, -1
    kind, inner, end = after_tag(data, at + 6, stop)
    return kind, inner, end, be16(data, at + 2) & 0x0FFF


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


ETAG = Layer(
    name="etag",
    title="Port extension tag",
    spec="IEEE 802.1BR",
    claims=(claim(ETHERTYPE, 0x893F),),
    kernel=decode,
)
