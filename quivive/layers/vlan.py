"""VLAN tags beyond those the fast lane steps over (IEEE 802.1Q, 802.1ad, and the older numbers for stacked tags)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

TAG_BYTES = 4


@kernel
def read(data, at, stop):
    """Step over one tag; its number is the VLAN identifier."""
    if stop - at < TAG_BYTES:
        return NOTHING, at, stop, -1
    kind, inner, end = after_tag(data, at + 2, stop)
    return kind, inner, end, be16(data, at) & 0x0FFF


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


VLAN = Layer(
    name="vlan",
    title="Virtual LAN tag",
    spec="IEEE 802.1Q",
    claims=(claim(ETHERTYPE, 0x8100), claim(ETHERTYPE, 0x88A8), claim(ETHERTYPE, 0x9100), claim(ETHERTYPE, 0x9200)),
    kernel=decode,
)
