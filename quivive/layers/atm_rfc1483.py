"""Packets of an ATM connection, with LLC or without (RFC 2684, once RFC 1483; LINKTYPE_ATM_RFC1483)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import LLC_FRAME, ip_at


@kernel
def read(data, at, stop):
    """An LLC header begins with two like access points; a connection for IP alone needs none."""
    if stop - at < 3:
        return NOTHING, at, stop, -1
    if data[at] == data[at + 1] and data[at + 2] == 3:
        return LLC_FRAME, at, stop, -1
    kind = ip_at(data, at, stop)
    return kind if kind >= 0 else LLC_FRAME, at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


ATM_RFC1483 = Layer(
    name="atm_rfc1483",
    title="Multiprotocol encapsulation over ATM",
    spec="RFC 2684",
    claims=(claim(LINK, 11), claim(LINK, 100), claim(LINK, 106)),
    kernel=decode,
)
