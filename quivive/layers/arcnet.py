"""ARCNET captures of Linux (RFC 1201; LINKTYPE_ARCNET_LINUX)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, Layer, claim
from quivive.messages.carried import IPV4, IPV6

HEADER_BYTES, EXCEPTION_BYTES = 8, 4
IP, IP6, ARP = 212, 196, 213
ARP_MESSAGE = claim(ETHERTYPE, 0x0806)
WHOLE, EXCEPTION = 0, 0xFF


@kernel
def read(data, at, stop):
    """Step over addresses, offset, protocol, split flag and sequence; only packets that were not split are read."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    number, split, inner = data[at + 4], data[at + 5], at + HEADER_BYTES
    if split == EXCEPTION:  # padded, because ARCNET has no frames of 253 to 256 bytes: the header stands a second time
        inner += EXCEPTION_BYTES
    if inner > stop or (split != WHOLE and split != EXCEPTION):
        return NOTHING, at, stop, -1
    if number == IP:
        return IPV4, inner, stop, -1
    if number == IP6:
        return IPV6, inner, stop, -1
    return ARP_MESSAGE if number == ARP else NOTHING, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


ARCNET = Layer(
    name="arcnet",
    title="Attached resource computer network",
    spec="RFC 1201",
    claims=(claim(LINK, 129),),
    kernel=decode,
)
