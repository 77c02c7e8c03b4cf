"""PPP over Ethernet, session stage (RFC 2516); its discovery frames carry no packet."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, Layer, claim
from quivive.messages.carried import PPP_FRAME

HEADER_BYTES = 6
VERSION_AND_TYPE, SESSION_DATA = 0x11, 0


@kernel
def read(data, at, stop):
    """Step over the header; its number is the session."""
    if stop - at < HEADER_BYTES or data[at] != VERSION_AND_TYPE or data[at + 1] != SESSION_DATA:
        return NOTHING, at, stop, -1
    inner = at + HEADER_BYTES
    return PPP_FRAME, inner, min(stop, inner + be16(data, at + 4)), be16(data, at + 2)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PPPOE = Layer(
    name="pppoe",
    title="PPP over Ethernet",
    spec="RFC 2516",
    claims=(claim(ETHERTYPE, 0x8864), claim(LINK, 51)),
    kernel=decode,
)
