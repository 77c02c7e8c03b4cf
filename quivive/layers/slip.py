"""SLIP lines, as libpcap writes them: 16 bytes of its own before each packet (RFC 1055; LINKTYPE_SLIP)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ip_at

HEADER_BYTES = 16


@kernel
def read(data, at, stop):
    """Step over direction and compressed header; a packet that is still compressed (RFC 1144) has no IP header."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    return ip_at(data, at + HEADER_BYTES, stop), at + HEADER_BYTES, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


SLIP = Layer(
    name="slip",
    title="Serial line IP",
    spec="RFC 1055",
    claims=(claim(LINK, 8),),
    kernel=decode,
)
