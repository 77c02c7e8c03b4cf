"""PPP frames (RFC 1661), with or without HDLC-like framing (RFC 1662), multilink (RFC 1990), bridging (RFC 3518)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, PPP, Layer, claim
from quivive.messages.carried import ETHERNET, IPV4, IPV6, PPP_FRAME

ALL_STATIONS, UNNUMBERED = 0xFF, 0x03
CISCO_UNICAST, CISCO_BROADCAST = 0x0F, 0x8F
CISCO_HDLC = claim(LINK, 104)
MPLS, MPLS_MULTICAST = claim(ETHERTYPE, 0x8847), claim(ETHERTYPE, 0x8848)
ANY_PROTOCOL = claim(PPP, 0)
WHOLE = 0xC0  # a multilink fragment that is both the first and the last of its packet
MULTILINK_BYTES = 4


@kernel
def carried(data, protocol, at, stop):
    """Return claim and start of what PPP carries under a protocol number."""
    if protocol == 0x0021:
        return IPV4, at
    if protocol == 0x0057:
        return IPV6, at
    if protocol == 0x0281:
        return MPLS, at
    if protocol == 0x0283:
        return MPLS_MULTICAST, at
    if protocol == 0x0031 and at + 2 <= stop and data[at + 1] == 1:
        return ETHERNET, at + 2
    if protocol == 0x003D and at + MULTILINK_BYTES <= stop:
        return PPP_FRAME if data[at] & WHOLE == WHOLE else NOTHING, at + MULTILINK_BYTES
    return ANY_PROTOCOL | protocol, at


@kernel
def read(data, at, stop):
    """Step over address, control and protocol number, each of which may be left out or shortened (RFC 1661, 6)."""
    if stop - at < 2:
        return NOTHING, at, stop, -1
    if (data[at] == CISCO_UNICAST or data[at] == CISCO_BROADCAST) and data[at + 1] == 0:
        return CISCO_HDLC, at, stop, -1
    # pppd's captures have the direction, 0 or 1, in place of the address.
    if (data[at] == ALL_STATIONS or data[at] <= 1) and data[at + 1] == UNNUMBERED:
        at += 2
    if stop - at < 2:
        return NOTHING, at, stop, -1
    if data[at] & 1:
        protocol, at = np.int64(data[at]), at + 1
    else:
        protocol, at = be16(data, at), at + 2
    kind, inner = carried(data, protocol, at, stop)
    return kind, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


PPP_LAYER = Layer(
    name="ppp",
    title="Point-to-point protocol",
    spec="RFC 1661",
    claims=(claim(LINK, 9), claim(LINK, 50), claim(LINK, 166), PPP_FRAME),
    kernel=decode,
)
