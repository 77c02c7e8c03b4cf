"""Packets of OpenBSD's and FreeBSD's IPsec interface, after decryption (LINKTYPE_ENC)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import ip_at

HEADER_BYTES = 12


@kernel
def read(data, at, stop):
    """Step over family, security parameters index and flags; the number is the index."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    return ip_at(data, at + HEADER_BYTES, stop), at + HEADER_BYTES, stop, be32(data, at + 4)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


ENC = Layer(
    name="enc",
    title="BSD IPsec interface",
    spec="LINKTYPE_ENC",
    claims=(claim(LINK, 109),),
    kernel=decode,
)
