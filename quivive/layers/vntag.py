"""VN-Tag: the tag between a switch and its network adapters (Cisco's proposal for IEEE 802.1Qbh)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

TAG_BYTES = 6


@kernel
def read(data, at, stop):
    """Step over the tag; its number is the destination virtual interface."""
    if stop - at < TAG_BYTES:
        return NOTHING, at, stop, -1
    kind, inner, end = after_tag(data, at + 4, stop)
    return kind, inner, end, be16(data, at) & 0x3FFF


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


VNTAG = Layer(
    name="vntag",
    title="Virtual network tag",
    spec="IEEE 802.1Qbh draft",
    claims=(claim(ETHERTYPE, 0x8926),),
    kernel=decode,
)
