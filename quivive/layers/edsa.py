"""The tag between a processor and a Marvell switch chip, under an ethertype of its own."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

RESERVED_BYTES, TAG_BYTES = 2, 4


@kernel
def read(data, at, stop):
    """Step over the tag; its number is the VLAN identifier."""
    if stop - at < RESERVED_BYTES + TAG_BYTES + 2:
        return NOTHING, at, stop, -1
    kind, inner, end = after_tag(data, at + RESERVED_BYTES + TAG_BYTES, stop)
    return kind, inner, end, be16(data, at + RESERVED_BYTES + 2) & 0x0FFF


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


EDSA = Layer(
    name="edsa",
    title="Distributed switch architecture tag with ethertype",
    spec="LINKTYPE_DSA_TAG_EDSA",
    claims=(claim(ETHERTYPE, 0xDADA),),
    kernel=decode,
)
