"""FDDI frames that carry LLC (ISO 9314-2; LINKTYPE_FDDI)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import LLC_FRAME

HEADER_BYTES = 13
LLC_CLASS = 0x50


@kernel
def read(data, at, stop):
    """Step over frame control and addresses."""
    if stop - at < HEADER_BYTES or data[at] & 0xF0 != LLC_CLASS:
        return NOTHING, at, stop, -1
    return LLC_FRAME, at + HEADER_BYTES, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


FDDI = Layer(
    name="fddi",
    title="Fibre distributed data interface",
    spec="ISO 9314-2",
    claims=(claim(LINK, 10),),
    kernel=decode,
)
