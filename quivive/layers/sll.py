"""Linux cooked captures, version 1 (LINKTYPE_LINUX_SLL)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import by_device

HEADER_BYTES = 16


@kernel
def read(data, at, stop):
    """Step over packet type, device type, sender and protocol."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    return by_device(be16(data, at + 2), be16(data, at + 14)), at + HEADER_BYTES, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


SLL = Layer(
    name="sll",
    title="Linux cooked capture",
    spec="LINKTYPE_LINUX_SLL",
    claims=(claim(LINK, 113),),
    kernel=decode,
)
