"""Frames between a processor and a Marvell switch chip, tagged behind the addresses (LINKTYPE_DSA_TAG_DSA, _EDSA)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, after_tag

ADDRESSES_BYTES, TAG_BYTES = 12, 4
EDSA_ETHERTYPE = 0xDADA


@kernel
def read(data, at, stop):
    """Step over addresses and tag; the number is the VLAN identifier. With an ethertype of its own it is Ethernet."""
    if stop - at < ADDRESSES_BYTES + TAG_BYTES + 2:
        return NOTHING, at, stop, -1
    if be16(data, at + ADDRESSES_BYTES) == EDSA_ETHERTYPE:
        return ETHERNET, at, stop, -1
    kind, inner, end = after_tag(data, at + ADDRESSES_BYTES + TAG_BYTES, stop)
    return kind, inner, end, be16(data, at + ADDRESSES_BYTES + 2) & 0x0FFF


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


DSA = Layer(
    name="dsa",
    title="Distributed switch architecture tag",
    spec="LINKTYPE_DSA_TAG_DSA",
    claims=(claim(LINK, 284), claim(LINK, 285)),
    kernel=decode,
)
