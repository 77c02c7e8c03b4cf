"""Geneve (RFC 8926)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be24
from quivive.kit.layer import NOTHING, REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import by_ethertype

HEADER_BYTES = 8
VERSION, CONTROL = 0xC0, 0x80
OPTIONS = 63
"""As many as fit: the header counts its options' bytes in six bits of four each."""


@kernel
def options_fit(data, at, end):
    """Return whether the options fill their room exactly."""
    for _ in range(OPTIONS):
        if at + 4 > end:
            break
        at += 4 + 4 * np.int64(data[at + 3] & 0x1F)
    return at == end


@kernel
def read(data, at, stop):
    """Step over header and options; its number is the virtual network identifier."""
    if stop - at < HEADER_BYTES or data[at] & VERSION or data[at + 1] & 0x3F or data[at + 7]:
        return REFUSED, at, stop, -1
    inner = at + HEADER_BYTES + 4 * np.int64(data[at] & 0x3F)
    if inner > stop or not options_fit(data, at + HEADER_BYTES, inner):
        return REFUSED, at, stop, -1
    kind = by_ethertype(be16(data, at + 2))
    if data[at + 1] & CONTROL:
        kind = NOTHING
    return kind, inner, stop, be24(data, at + 4)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


GENEVE = Layer(
    name="geneve",
    title="Generic network virtualisation encapsulation",
    spec="RFC 8926",
    claims=(claim(UDP_PORT, 6081),),
    kernel=decode,
    is_tunnel=True,
)
