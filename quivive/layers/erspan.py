"""ERSPAN types II and III: frames that a switch mirrors to a distant analyser (draft-foschiano-erspan-03)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, ip_at

TYPE_II, TYPE_III = 1, 2
TYPE_II_BYTES, TYPE_III_BYTES, PLATFORM_BYTES = 8, 12, 8


@kernel
def read(data, at, stop):
    """Step over the header; its number is the mirror session."""
    if stop - at < TYPE_II_BYTES:
        return NOTHING, at, stop, -1
    version, session = data[at] >> 4, be16(data, at + 2) & 0x03FF
    if version == TYPE_II:
        return ETHERNET, at + TYPE_II_BYTES, stop, session
    if version != TYPE_III or stop - at < TYPE_III_BYTES:
        return NOTHING, at, stop, session
    inner = at + TYPE_III_BYTES + (PLATFORM_BYTES if data[at + 11] & 1 else 0)
    if inner > stop:
        return NOTHING, at, stop, session
    is_ip = data[at + 10] & 0x7C == 2 << 2  # frame type; 0 is Ethernet
    return (ip_at(data, inner, stop) if is_ip else ETHERNET), inner, stop, session


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


ERSPAN = Layer(
    name="erspan",
    title="Encapsulated remote switch port analyser",
    spec="draft-foschiano-erspan-03",
    claims=(claim(ETHERTYPE, 0x88BE), claim(ETHERTYPE, 0x22EB)),
    kernel=decode,
    is_tunnel=True,
)
