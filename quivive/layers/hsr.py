"""HSR tag: the sequence number of frames sent both ways round a ring (IEC 62439-3)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

TAG_BYTES = 6


@kernel
def read(data, at, stop):
    """Step over path, size and sequence number."""
    if stop - at < TAG_BYTES:
        return NOTHING, at, stop, -1
    kind, inner, end = after_tag(data, at + 4, stop)
    return kind, inner, end, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


HSR = Layer(
    name="hsr",
    title="High-availability seamless redundancy",
    spec="IEC 62439-3",
    claims=(claim(ETHERTYPE, 0x892F),),
    kernel=decode,
)
