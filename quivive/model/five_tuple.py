"""The five-tuple: who spoke to whom, over what."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Side(IntEnum):
    """Which end of a flow sent a packet.

    The originator is the end whose packet opened the flow in this capture, as in Zeek; never "client"
    or "source", which change meaning per packet.
    """

    ORIGINATOR = 0
    RESPONDER = 1

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.RESPONDER if self is Side.ORIGINATOR else Side.ORIGINATOR


class Carrier(IntEnum):
    """What a protocol rides on: IP protocol numbers (IANA), and LINK for what has no IP header."""

    ICMP = 1
    TCP = 6
    UDP = 17
    ICMPV6 = 58
    SCTP = 132
    IP = 256
    """Directly on IP; the protocol's `ports` are IP protocol numbers."""
    LINK = 257
    """Directly on the link; the protocol's `ports` are ethertypes, or 0x10000 + LLC DSAP."""


class FiveTuple(NamedTuple):
    """Endpoints and transport of one flow, originator first; addresses as text, ports 0 where there are none."""

    orig_addr: str
    orig_port: int
    resp_addr: str
    resp_port: int
    transport: int
