"""Ethernet captures of Juniper routers (LINKTYPE_JUNIPER_ETHER)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be24
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, ip_at

HEADER_BYTES, FAMILY_BYTES = 4, 4
MAGIC = 0x4D4743
NO_LINK_HEADER, HAS_EXTENSIONS = 0x02, 0x80


@kernel
def read(data, at, stop):
    """Step over magic, flags and extensions."""
    if stop - at < HEADER_BYTES + 2 or be24(data, at) != MAGIC:
        return NOTHING, at, stop, -1
    inner = at + HEADER_BYTES
    if data[at + 3] & HAS_EXTENSIONS:
        inner += 2 + be16(data, inner)
    if data[at + 3] & NO_LINK_HEADER:
        inner += FAMILY_BYTES
    if inner > stop:
        return NOTHING, at, stop, -1
    return ip_at(data, inner, stop) if data[at + 3] & NO_LINK_HEADER else ETHERNET, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


JUNIPER_ETHER = Layer(
    name="juniper_ether",
    title="Juniper Ethernet",
    spec="LINKTYPE_JUNIPER_ETHER",
    claims=(claim(LINK, 178),),
    kernel=decode,
)
