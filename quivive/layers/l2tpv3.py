"""L2TP version 3 directly on IP, data messages (RFC 3931)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32
from quivive.kit.layer import IP_PROTOCOL, NOTHING, REFUSED, Layer, claim
from quivive.messages.carried import ETHERNET, is_ethernet

SESSION_BYTES = 4
LONGEST_COOKIE_AND_SUBLAYER = 12  # a cookie of 0, 4 or 8 bytes, a sublayer of 0 or 4


@kernel
def read(data, at, stop):
    """Find the frame: only the two ends know how long cookie and sublayer are. Session 0 is their own talk."""
    if stop - at < SESSION_BYTES:
        return NOTHING, at, stop, -1
    session = be32(data, at)
    if session == 0:
        return REFUSED, at, stop, -1
    for extra in range(0, LONGEST_COOKIE_AND_SUBLAYER + 1, 4):
        inner = at + SESSION_BYTES + extra
        if is_ethernet(data, inner, stop):
            return ETHERNET, inner, stop, session
    return NOTHING, at, stop, session


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


L2TPV3 = Layer(
    name="l2tpv3",
    title="Layer two tunnelling protocol version 3",
    spec="RFC 3931",
    claims=(claim(IP_PROTOCOL, 115),),
    kernel=decode,
    is_tunnel=True,
)
