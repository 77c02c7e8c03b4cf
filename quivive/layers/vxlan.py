"""VXLAN (RFC 7348), its group policy extension, and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be24
from quivive.kit.layer import ETHERTYPE, NOTHING, REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ETHERNET, IPV4, IPV6, is_ethernet

HEADER_BYTES = 8
HAS_VNI, HAS_NEXT, OPERATORS_OWN, HAS_POLICY = 0x08, 0x04, 0x01, 0x80
NSH, MPLS = claim(ETHERTYPE, 0x894F), claim(ETHERTYPE, 0x8847)


@kernel
def generic(number):
    """Return the claim of VXLAN-GPE's next protocol."""
    if number == 1:
        return IPV4
    if number == 2:
        return IPV6
    if number == 3:
        return ETHERNET
    if number == 4:
        return NSH
    return MPLS if number == 5 else REFUSED


@kernel
def read(data, at, stop):
    """Step over the header; its number is the network identifier.

    A receiver ignores reserved bits (RFC 7348, 5); here, where the port proves little, a frame must follow odd ones.
    """
    if stop - at < HEADER_BYTES or not data[at] & HAS_VNI:
        return REFUSED, at, stop, -1
    flags, vni, inner = data[at], be24(data, at + 4), at + HEADER_BYTES
    is_generic = flags & 0xFC == HAS_VNI | HAS_NEXT and data[at + 1] == 0 and data[at + 2] == 0
    if is_generic and data[at + 7] == 0:
        kind = NOTHING if flags & OPERATORS_OWN else generic(data[at + 3])
        return kind, inner, stop, vni
    has_policy = flags == HAS_VNI | HAS_POLICY and data[at + 1] & 0xB7 == 0
    is_plain = flags == HAS_VNI and be24(data, at + 1) == 0
    if ((has_policy or is_plain) and data[at + 7] == 0) or is_ethernet(data, inner, stop):
        return ETHERNET, inner, stop, vni
    return REFUSED, at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


VXLAN = Layer(
    name="vxlan",
    title="Virtual extensible LAN",
    spec="RFC 7348",
    claims=(claim(UDP_PORT, 4789), claim(UDP_PORT, 8472), claim(UDP_PORT, 4790)),
    kernel=decode,
    is_tunnel=True,
)
