"""LWAPP data packets: a wireless access point's traffic with its controller, before CAPWAP (RFC 5412, 4.2.1)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, REFUSED, UDP_PORT, Layer, claim

HEADER_BYTES = 6
VERSION_AND_KIND = 0xC7  # version 0, no control message, no fragment
WIRELESS_FRAME = claim(LINK, 105)


@kernel
def read(data, at, stop):
    """Step over the header, whose length must be that of the frame behind it."""
    inner = at + HEADER_BYTES
    if inner > stop or data[at] & VERSION_AND_KIND or be16(data, at + 2) != stop - inner:
        return REFUSED, at, stop, -1
    return WIRELESS_FRAME, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


LWAPP = Layer(
    name="lwapp",
    title="Lightweight access point protocol, data",
    spec="RFC 5412",
    claims=(claim(UDP_PORT, 12222), claim(UDP_PORT, 12223)),
    kernel=decode,
    is_tunnel=True,
)
