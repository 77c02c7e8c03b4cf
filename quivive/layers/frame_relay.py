"""Frame relay, as RFC 2427 and as Cisco encapsulate in it (LINKTYPE_FRELAY)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be24
from quivive.kit.layer import LINK, LLC, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, IPV4, IPV6, PPP_FRAME, by_ethertype

ADDRESS_BYTES = 4
"""Longest address (Q.922, 3.2); the lowest bit of each byte says whether it is the last."""
UNNUMBERED = 0x03
NLPID_SNAP, NLPID_PPP, NLPID_IPV4, NLPID_IPV6 = 0x80, 0xCF, 0xCC, 0x8E
BRIDGED = 0x0080C2
ISO_FRAME = claim(LLC, 0xFE)


@kernel
def snap(data, at, stop):
    """Return claim and start of what an organisation's code and number at `at` announce."""
    if stop - at < 5:
        return NOTHING, at
    organisation, number = be24(data, at), be16(data, at + 3)
    if organisation == 0:
        return by_ethertype(number), at + 5
    is_frame = organisation == BRIDGED and (number == 1 or number == 7)
    return ETHERNET if is_frame else NOTHING, at + 5


@kernel
def routed(data, at, stop):
    """Return claim and start of what the network layer identifier at `at` announces; a zero before it pads."""
    if at < stop and data[at] == 0:
        at += 1
    if at >= stop:
        return NOTHING, at
    number = data[at]
    if number == NLPID_IPV4:
        return IPV4, at + 1
    if number == NLPID_IPV6:
        return IPV6, at + 1
    if number == NLPID_PPP:
        return PPP_FRAME, at + 1
    if number == NLPID_SNAP:
        return snap(data, at + 1, stop)
    return (ISO_FRAME if 0x81 <= number <= 0x83 else NOTHING), at


@kernel
def skip_address(data, at, stop):
    """Return where the address ends: behind the first odd byte, but never the first of all; `at` where it does not."""
    for size in range(2, ADDRESS_BYTES + 1):
        if at + size <= stop and data[at + size - 1] & 1:
            return at + size
    return at


@kernel
def read(data, at, stop):
    """Step over the address and what tells the protocol; the number is the data link connection's upper ten bits."""
    inner = skip_address(data, at, stop)
    if stop - inner < 2 or inner == at:
        return NOTHING, at, stop, -1
    dlci = (np.int64(data[at]) >> 2) << 4 | np.int64(data[at + 1]) >> 4
    if data[inner] == UNNUMBERED:
        kind, inner = routed(data, inner + 1, stop)
        return kind, inner, stop, dlci
    return by_ethertype(be16(data, inner)), inner + 2, stop, dlci


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


FRAME_RELAY = Layer(
    name="frame_relay",
    title="Frame relay",
    spec="RFC 2427",
    claims=(claim(LINK, 107),),
    kernel=decode,
)
