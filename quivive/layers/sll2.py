"""Linux cooked captures, version 2 (LINKTYPE_LINUX_SLL2)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import by_device

HEADER_BYTES = 20


@kernel
def read(data, at, stop):
    """Step over the header; its number is the index of the interface."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    return by_device(be16(data, at + 8), be16(data, at)), at + HEADER_BYTES, stop, be32(data, at + 4)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


SLL2 = Layer(
    name="sll2",
    title="Linux cooked capture version 2",
    spec="LINKTYPE_LINUX_SLL2",
    claims=(claim(LINK, 276),),
    kernel=decode,
)
