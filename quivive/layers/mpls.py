"""MPLS label stacks (RFC 3032), with IP or an Ethernet pseudowire (RFC 4448) behind the last label."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32
from quivive.kit.layer import ETHERTYPE, IP_PROTOCOL, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, ip_at, is_ethernet

LABELS = 16
"""Labels that are followed; segment routing hardware pushes 10 to 12."""
LABEL_BYTES = CONTROL_WORD_BYTES = 4
BOTTOM = 0x100


@kernel
def behind(data, at, stop):
    """Return claim and start of what a stack carries: nothing but its content says what it is (RFC 4928, 3)."""
    kind = ip_at(data, at, stop)
    if kind >= 0:
        return kind, at
    inner = at + CONTROL_WORD_BYTES
    if inner < stop and data[at] >> 4 == 0 and is_ethernet(data, inner, stop):
        return ETHERNET, inner
    return ETHERNET if is_ethernet(data, at, stop) else NOTHING, at


@kernel
def read(data, at, stop):
    """Step over the whole stack; its number is the bottom label, which names the customer's service."""
    for _ in range(LABELS):
        if stop - at < LABEL_BYTES:
            break
        entry = be32(data, at)
        at += LABEL_BYTES
        if entry & BOTTOM:
            kind, inner = behind(data, at, stop)
            return kind, inner, stop, entry >> 12
    return NOTHING, at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


MPLS = Layer(
    name="mpls",
    title="Multiprotocol label switching",
    spec="RFC 3032",
    claims=(claim(ETHERTYPE, 0x8847), claim(ETHERTYPE, 0x8848), claim(IP_PROTOCOL, 137)),
    kernel=decode,
)
