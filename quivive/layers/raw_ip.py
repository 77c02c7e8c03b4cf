"""Captures that begin with the IP header itself (LINKTYPE_RAW and its older numbers, LINKTYPE_IPV4, LINKTYPE_IPV6)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, Layer, claim
from quivive.messages.carried import ip_at


@kernel
def read(data, at, stop):
    """Nothing stands before the IP header."""
    return ip_at(data, at, stop), at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


RAW_IP = Layer(
    name="raw_ip",
    title="Raw IP",
    spec="LINKTYPE_RAW",
    claims=(claim(LINK, 12), claim(LINK, 14), claim(LINK, 101), claim(LINK, 228), claim(LINK, 229)),
    kernel=decode,
)
