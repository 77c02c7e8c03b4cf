"""IP within IP (RFC 2003)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import IP_PROTOCOL, Layer, claim
from quivive.messages.carried import ip_at


@kernel
def read(data, at, stop):
    """Nothing stands between the two headers."""
    return ip_at(data, at, stop), at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


IPIP = Layer(
    name="ipip",
    title="IP within IP",
    spec="RFC 2003",
    claims=(claim(IP_PROTOCOL, 4), claim(IP_PROTOCOL, 94)),
    kernel=decode,
    is_tunnel=True,
)
