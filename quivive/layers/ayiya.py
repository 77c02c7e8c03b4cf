"""AYIYA: IPv6 in UDP, as the SixXS tunnels sent it (draft-massar-v6ops-ayiya-02)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kit.layer import REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ip_at

HEADER_BYTES = 8
FORWARD = 1
IPV4_PROTOCOL, IPV6_PROTOCOL = 4, 41


@kernel
def read(data, at, stop):
    """Step over header, identity and signature; an IP header must follow."""
    if stop - at < HEADER_BYTES or data[at + 2] & 0x0F != FORWARD:
        return REFUSED, at, stop, -1
    if data[at + 3] != IPV4_PROTOCOL and data[at + 3] != IPV6_PROTOCOL:
        return REFUSED, at, stop, -1
    identity, signature = np.int64(1) << np.int64(data[at] >> 4), 4 * np.int64(data[at + 1] >> 4)
    inner = at + HEADER_BYTES + identity + signature
    kind = ip_at(data, inner, stop)
    return (kind if kind >= 0 else REFUSED), min(inner, stop), stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


AYIYA = Layer(
    name="ayiya",
    title="Anything in anything",
    spec="draft-massar-v6ops-ayiya-02",
    claims=(claim(UDP_PORT, 5072),),
    kernel=decode,
    is_tunnel=True,
)
