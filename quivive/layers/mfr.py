"""Multilink frame relay (FRF.16.1): frames that travel whole over one link of a bundle."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim

HEADER_BYTES = 2
WHOLE, MARKS = 0xC1, 0xE1  # begin and end set, control not, address extension set
FRAME_RELAY = claim(LINK, 107)


@kernel
def read(data, at, stop):
    """Step over the header of a frame that is not in fragments."""
    if stop - at < HEADER_BYTES or data[at] & MARKS != WHOLE:
        return NOTHING, at, stop, -1
    return FRAME_RELAY, at + HEADER_BYTES, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


MFR = Layer(
    name="mfr",
    title="Multilink frame relay",
    spec="FRF.16.1",
    claims=(claim(LINK, 182),),
    kernel=decode,
)
