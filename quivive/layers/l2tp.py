"""L2TP version 2, data messages: PPP in UDP (RFC 2661)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import PPP_FRAME

IS_CONTROL, HAS_LENGTH, HAS_SEQUENCE, HAS_OFFSET = 0x8000, 0x4000, 0x0800, 0x0200
VERSION, RESERVED = 0x000F, 0x34F0


@kernel
def read(data, at, stop):
    """Step over the header and what its flags announce; its number is the session."""
    if stop - at < 6:
        return REFUSED, at, stop, -1
    flags, end = be16(data, at), stop
    if flags & IS_CONTROL or flags & RESERVED or flags & VERSION != 2:
        return REFUSED, at, stop, -1
    ids = at + 2
    if flags & HAS_LENGTH:
        end, ids = at + be16(data, at + 2), at + 4
    inner = ids + 4 + (4 if flags & HAS_SEQUENCE else 0)
    if flags & HAS_OFFSET:
        inner += 2 + be16(data, inner) if inner + 2 <= stop else 2
    # The length may be of a snapped message, but never less than its header.
    if inner > end or inner > stop:
        return REFUSED, at, stop, -1
    return PPP_FRAME, inner, min(end, stop), be16(data, ids + 2)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


L2TP = Layer(
    name="l2tp",
    title="Layer two tunnelling protocol",
    spec="RFC 2661",
    claims=(claim(UDP_PORT, 1701),),
    kernel=decode,
    is_tunnel=True,
)
