"""EtherIP: Ethernet frames directly within IP (RFC 3378), and without its header (RFC 8986, protocol 143)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import IP_PROTOCOL, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, is_ethernet

HEADER_BYTES = 2


@kernel
def read(data, at, stop):
    """Step over version 3 and twelve reserved bits, where they are there."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    if be16(data, at) == 0x3000:
        return ETHERNET, at + HEADER_BYTES, stop, -1
    return ETHERNET if is_ethernet(data, at, stop) else NOTHING, at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


ETHERIP = Layer(
    name="etherip",
    title="Ethernet within IP",
    spec="RFC 3378",
    claims=(claim(IP_PROTOCOL, 97), claim(IP_PROTOCOL, 143)),
    kernel=decode,
    is_tunnel=True,
)
