"""CAPWAP data packets that are not encrypted: a wireless access point's traffic with its controller (RFC 5415, 4.3)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be24
from quivive.kit.layer import LINK, NOTHING, REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ETHERNET

FIXED_BYTES = 8
WIRELESS_FRAME = claim(LINK, 105)
WBID_802_11 = 1
NATIVE, KEEPALIVE, RESERVED = 0x100, 0x008, 0x007


@kernel
def read(data, at, stop):
    """Step over the header. A first fragment goes on: its frame's own headers are whole."""
    if stop - at < FIXED_BYTES or data[at]:
        return REFUSED, at, stop, -1
    bits = be24(data, at + 1)
    inner = at + 4 * (bits >> 19)
    if inner < at + FIXED_BYTES or inner > stop or bits & RESERVED or bits >> 9 & 0x1F != WBID_802_11:
        return REFUSED, at, stop, -1
    is_later_fragment = be16(data, at + 6) >> 3 != 0
    if is_later_fragment or bits & KEEPALIVE:
        return NOTHING, inner, stop, -1
    return WIRELESS_FRAME if bits & NATIVE else ETHERNET, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


CAPWAP = Layer(
    name="capwap",
    title="Control and provisioning of wireless access points, data",
    spec="RFC 5415",
    claims=(claim(UDP_PORT, 5247),),
    kernel=decode,
    is_tunnel=True,
)
