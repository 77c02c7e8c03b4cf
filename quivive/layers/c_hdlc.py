"""Cisco HDLC framing of serial lines (LINKTYPE_C_HDLC)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, LLC, NOTHING, Layer, claim
from quivive.messages.carried import PPP_FRAME, by_ethertype

HEADER_BYTES = 4
UNICAST, BROADCAST, PPP_ADDRESS = 0x0F, 0x8F, 0xFF
SLARP, ISO = 0x8035, 0xFEFE  # Cisco's own uses of these numbers: line keep-alives and OSI, a padding byte before it
ISO_FRAME = claim(LLC, 0xFE)


@kernel
def read(data, at, stop):
    """Step over address, control and type."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    if data[at] == PPP_ADDRESS:
        return PPP_FRAME, at, stop, -1
    number, inner = be16(data, at + 2), at + HEADER_BYTES
    if (data[at] != UNICAST and data[at] != BROADCAST) or number == SLARP:
        return NOTHING, at, stop, -1
    if number == ISO:
        return ISO_FRAME, min(inner + 1, stop), stop, -1
    return by_ethertype(number), inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


C_HDLC = Layer(
    name="c_hdlc",
    title="Cisco HDLC",
    spec="LINKTYPE_C_HDLC",
    claims=(claim(LINK, 104),),
    kernel=decode,
)
