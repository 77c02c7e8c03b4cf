"""GRE (RFC 2784, RFC 2890, RFC 1701), also in UDP (RFC 8086); version 1 as PPTP (RFC 2637) and EoIP use it."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32
from quivive.kit.layer import ETHERTYPE, IP_PROTOCOL, LINK, NOTHING, REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ETHERNET, IPV4, IPV6, PPP_FRAME, by_ethertype, ip_at

CHECKSUM, ROUTING, KEY, SEQUENCE, ACKNOWLEDGMENT, VERSION = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080, 0x0007
ROUTES = 16
"""Source route entries that are stepped over (RFC 1701); nobody has sent them for decades."""
RESERVED = 0x00F8
PPP_PAYLOAD, EOIP, ERSPAN, WCCP = 0x880B, 0x6400, 0x88BE, 0x883E
ARUBA, ARUBA_MARKS = 0x8200, 0xFE0F  # access points send wireless frames to their controller under 0x8200 to 0x83F0
ERSPAN_HEADER, WIRELESS_FRAME = claim(ETHERTYPE, ERSPAN), claim(LINK, 105)
REDIRECT_BYTES = 4


@kernel
def skip_routes(data, at, stop):
    """Return where the source route ends: behind an entry of address family and length zero; -1 where it does not."""
    for _ in range(ROUTES):
        if stop - at < 4:
            break
        size = np.int64(data[at + 3])
        at += 4 + size
        if size == 0:
            return at
    return np.int64(-1)


@kernel
def point_to_point(data, at, stop):
    """Read version 1: a key of payload length and call, then numbers only where something was sent or seen."""
    flags, protocol = be16(data, at), be16(data, at + 2)
    if protocol == EOIP:
        inner = at + 8
        size = be16(data, at + 4)
        return (ETHERNET if size else NOTHING), inner, min(stop, inner + size), np.int64(data[at + 6])
    if protocol != PPP_PAYLOAD or not flags & KEY:
        return REFUSED, at, stop, -1
    inner = at + 8 + (4 if flags & SEQUENCE else 0) + (4 if flags & ACKNOWLEDGMENT else 0)
    size = be16(data, at + 4)
    if size == 0 or inner > stop:
        return NOTHING, at, stop, be16(data, at + 6)
    return PPP_FRAME, inner, min(stop, inner + size), be16(data, at + 6)


@kernel
def carried(data, flags, protocol, at, stop):
    """Return claim and start of what follows the header, by its protocol type."""
    if protocol == ERSPAN:  # its type I has no header of its own, and is told by the missing sequence number
        return ERSPAN_HEADER if flags & SEQUENCE else ETHERNET, at
    if protocol == WCCP:  # version 1 has no redirect header, and nothing else says so
        inner = at if ip_at(data, at, stop) >= 0 else at + REDIRECT_BYTES
        return ip_at(data, inner, stop), inner
    if protocol & ARUBA_MARKS == ARUBA:
        return WIRELESS_FRAME, at
    kind = by_ethertype(protocol)
    if kind in (IPV4, IPV6):
        kind = kind if ip_at(data, at, stop) == kind else REFUSED
    return kind, at


@kernel
def read(data, at, stop):
    """Step over the header and the fields that its flags announce; its number is the key."""
    if stop - at < 4:
        return NOTHING, at, stop, -1
    flags, protocol = be16(data, at), be16(data, at + 2)
    version = flags & VERSION
    if version == 1 and stop - at >= 8:
        return point_to_point(data, at, stop)
    if version != 0 or flags & RESERVED:
        return REFUSED, at, stop, -1
    inner = at + 4 + (4 if flags & (CHECKSUM | ROUTING) else 0)
    key = np.int64(-1)
    if flags & KEY and inner + 4 <= stop:
        key = be32(data, inner)
    inner += (4 if flags & KEY else 0) + (4 if flags & SEQUENCE else 0)
    if flags & ROUTING:
        inner = skip_routes(data, inner, stop)
    if inner < 0 or inner > stop:
        return NOTHING, at, stop, key
    kind, inner = carried(data, flags, protocol, inner, stop)
    return kind, min(inner, stop), stop, key


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


GRE = Layer(
    name="gre",
    title="Generic routing encapsulation",
    spec="RFC 2784",
    claims=(claim(IP_PROTOCOL, 47), claim(UDP_PORT, 4754)),
    kernel=decode,
    is_tunnel=True,
)
