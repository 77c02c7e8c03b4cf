"""Prism and AVS headers: what older wireless drivers say of a frame they received (LINKTYPE_IEEE802_11_PRISM, _AVS)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32, le32
from quivive.kit.layer import LINK, NOTHING, Layer, claim

HEAD_BYTES = 8
AVS_MAGIC = 0x8021_1000
PRISM_MESSAGE, PRISM_MESSAGE_OTHER = 0x44, 0x41
PRISM_BYTES = 144
WIRELESS_FRAME = claim(LINK, 105)


@kernel
def read(data, at, stop):
    """Step over the header, whose second word is its length: AVS in network order, Prism in the capturing machine's."""
    if stop - at < HEAD_BYTES:
        return NOTHING, at, stop, -1
    if be32(data, at) & 0xFFFF_F000 == AVS_MAGIC:
        size = be32(data, at + 4)
    else:
        message = min(be32(data, at), le32(data, at))
        size = min(be32(data, at + 4), le32(data, at + 4))
        if (message != PRISM_MESSAGE and message != PRISM_MESSAGE_OTHER) or size < PRISM_BYTES:
            return NOTHING, at, stop, -1
    if size < HEAD_BYTES or at + size > stop:
        return NOTHING, at, stop, -1
    return WIRELESS_FRAME, at + size, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PRISM = Layer(
    name="prism",
    title="Prism and AVS wireless headers",
    spec="LINKTYPE_IEEE802_11_PRISM",
    claims=(claim(LINK, 119), claim(LINK, 163)),
    kernel=decode,
)
