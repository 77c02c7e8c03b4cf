"""LLC and SNAP: Ethernet frames with a length in place of their type (IEEE 802.2; RFC 1042; RFC 2684, 5)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be24
from quivive.kit.layer import LLC, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, IPV4, IPV6, LLC_FRAME, LOWEST_ETHERTYPE, PPP_FRAME, by_ethertype

ANY_SAP = claim(LLC, 0)
RAW_IPX = claim(LLC, 0xFF)
SAP_SNAP, SAP_ISO, SAP_IP, UNNUMBERED = 0xAA, 0xFE, 0x06, 0x03
SNAP_BYTES = 8
RFC1042, BRIDGE_TUNNEL, BRIDGED = 0x000000, 0x0000F8, 0x0080C2
CISCO = 0x00000C  # its own protocols (discovery: 0x2000) have the numbers that stand as ethertypes on its serial lines
NLPID_SNAP, NLPID_IPV4, NLPID_IPV6, NLPID_PPP = 0x80, 0xCC, 0x8E, 0xCF


@kernel
def snap(data, at, stop):
    """Return claim and start of what an organisation's code and number at `at` announce."""
    organisation, number = be24(data, at), be16(data, at + 3)
    if organisation in (RFC1042, BRIDGE_TUNNEL):
        return by_ethertype(number), at + 5
    if organisation == CISCO and number >= LOWEST_ETHERTYPE:
        return by_ethertype(number), at + 5
    if organisation == BRIDGED and (number == 1 or number == 7):  # with and without the frame's check sum; padded
        return ETHERNET, min(at + 7, stop)
    return NOTHING, at + 5


@kernel
def routed(data, at, stop):
    """Return claim and start of a routed packet that says its ISO network layer identifier at `at`."""
    number = data[at]
    if number == NLPID_IPV4:
        return IPV4, at + 1
    if number == NLPID_IPV6:
        return IPV6, at + 1
    if number == NLPID_PPP:
        return PPP_FRAME, at + 1
    return ANY_SAP | SAP_ISO, at


@kernel
def read(data, at, stop):
    """Step over the access points and the control field: one byte, or two where frames are numbered."""
    if stop - at < 3:
        return NOTHING, at, stop, -1
    sap, inner = np.int64(data[at]), at + 3
    if sap == 0xFF and data[at + 1] == 0xFF:  # Novell put IPX, whose check sum is all ones, right behind the length
        return RAW_IPX, at, stop, -1
    if data[at + 2] & 3 != UNNUMBERED:
        return ANY_SAP | sap, min(at + 4, stop), stop, -1
    if sap == SAP_IP:
        return IPV4, inner, stop, -1
    kind = ANY_SAP | sap
    if sap == SAP_SNAP:
        if stop - at < SNAP_BYTES:
            return NOTHING, at, stop, -1
        kind, inner = snap(data, inner, stop)
    elif sap == SAP_ISO and inner < stop:
        kind, inner = routed(data, inner, stop)
    return kind, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


LLC_LAYER = Layer(
    name="llc",
    title="Logical link control",
    spec="IEEE 802.2",
    claims=(LLC_FRAME,),
    kernel=decode,
)
