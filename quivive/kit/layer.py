"""The contract of a file in layers/: a header outside the fast lane.

Decoding goes on until a header is reached that the fast lane knows (Ethernet, IPv4, IPv6) or nothing follows. What
comes next is said by a *claim*, one number: namespace << 32 | value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LINK = 1
"""LINKTYPE_ values (tcpdump.org/linktypes)."""
ETHERTYPE = 2
"""IEEE 802 ethertypes; 0x0800 and 0x86DD lead back to the fast lane, others without a layer end as LINK messages."""
IP_PROTOCOL = 3
"""IANA protocol numbers."""
UDP_PORT = 4
"""Either port of a datagram; a kernel that refuses leaves it an ordinary datagram."""
PPP = 5
"""PPP protocol numbers (IANA)."""
LLC = 6
"""LLC destination service access points."""

NOTHING = -1
"""The header is cut short, or nothing that can be decoded follows."""
REFUSED = -2
"""This is not such a header after all: the packet stays what it was before."""


def claim(namespace: int, value: int) -> int:
    """Return the number that announces a header."""
    return namespace << 32 | value


@dataclass(frozen=True)
class Layer:
    """One header.

    claims:  the numbers that announce it: claim(ETHERTYPE, 0x8847)
    kernel:  decodes many packets at once, called as
             kernel(data, start, stop, next_claim, next_start, next_stop, tag)
             with int64 arrays of one length; it writes everything from next_claim on. start and stop bound this
             header and what follows; next_start and next_stop bound what it carries. tag is the layer's own number
             (VNI, label, TEID, session; -1 where there is none).
    is_tunnel: whether what it carries has addresses of its own (GRE, VXLAN), in contrast to a tag (MPLS label, PPPoE)
    """

    name: str
    title: str
    spec: str
    claims: tuple[int, ...]
    kernel: Callable[..., None]
    is_tunnel: bool = False
