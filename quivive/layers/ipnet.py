"""Captures of Solaris' ipnet devices (LINKTYPE_IPNET)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ip_at

HEADER_BYTES = 24


@kernel
def read(data, at, stop):
    """Step over version, family, length, interfaces and zones."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    return ip_at(data, at + HEADER_BYTES, stop), at + HEADER_BYTES, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


IPNET = Layer(
    name="ipnet",
    title="Solaris IP network device",
    spec="LINKTYPE_IPNET",
    claims=(claim(LINK, 226),),
    kernel=decode,
)
