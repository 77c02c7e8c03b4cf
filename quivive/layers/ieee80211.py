"""Wireless LAN data frames that are not encrypted (IEEE 802.11, 9.3.2)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import LLC_FRAME

HEADER_BYTES, ADDRESS_BYTES, QOS_BYTES, HT_BYTES, SUBFRAME_BYTES = 24, 6, 2, 4, 14
TYPE_AND_VERSION, DATA = 0x0F, 0x08
IS_QOS, IS_NULL = 0x80, 0x40  # bits of the frame control's first byte
TO_DS, FROM_DS, PROTECTED, ORDER = 0x01, 0x02, 0x40, 0x80  # and of its second
IS_AGGREGATE = 0x80
UNNUMBERED = 0x03


@kernel
def is_llc(data, at, stop):
    """Return whether an LLC header with SNAP may stand at `at`."""
    return at + 3 <= stop and data[at] == 0xAA and data[at + 1] == 0xAA and data[at + 2] == UNNUMBERED


@kernel
def header_bytes(kind, flags):
    """Return the size of a data frame's header (9.3.2.1): a fourth address between bridges, and QoS and HT control."""
    size = HEADER_BYTES
    if flags & TO_DS and flags & FROM_DS:
        size += ADDRESS_BYTES
    if kind & IS_QOS:
        size += QOS_BYTES + (HT_BYTES if flags & ORDER else 0)
    return size


@kernel
def read(data, at, stop):
    """Step over the header of a data frame; of an aggregate (A-MSDU) only its first packet is read."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    kind, flags, fragment = data[at], data[at + 1], data[at + 22] & 0x0F
    if kind & 3 and flags & TYPE_AND_VERSION == DATA:  # Cisco's controllers send the fields' bytes the other way round
        kind, flags, fragment = flags, kind, data[at + 23] & 0x0F
    if kind & TYPE_AND_VERSION != DATA or kind & IS_NULL or flags & PROTECTED or fragment:
        return NOTHING, at, stop, -1
    inner = at + header_bytes(kind, flags)
    if inner + 3 > stop:
        return NOTHING, at, stop, -1
    if not is_llc(data, inner, stop):
        if is_llc(data, inner + 2, stop):  # some drivers pad the header to a multiple of four
            inner += 2
        elif kind & IS_QOS and is_llc(data, inner + SUBFRAME_BYTES, stop):
            inner += SUBFRAME_BYTES
            stop = min(stop, inner + be16(data, inner - 2))
    return LLC_FRAME, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


IEEE80211 = Layer(
    name="ieee80211",
    title="Wireless LAN",
    spec="IEEE 802.11",
    claims=(claim(LINK, 105),),
    kernel=decode,
)
