"""TZSP: frames that a wireless sensor or a MikroTik router mirrors over UDP (TaZmen sniffer protocol)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ETHERNET

HEADER_BYTES = 4
RECEIVED, FOR_TRANSMIT = 0, 1
TAG_PADDING, TAG_END = 0, 1
TAGS = 64
"""Tags that are stepped over; a sensor sends about a dozen."""
WIRELESS_FRAME, PRISM_FRAME = claim(LINK, 105), claim(LINK, 119)


@kernel
def skip_tags(data, at, stop):
    """Return where the tags end; -1 where they do not."""
    for _ in range(TAGS):
        if at >= stop:
            break
        kind = data[at]
        at += 1
        if kind == TAG_END:
            return at
        if kind != TAG_PADDING:
            at += 1 + np.int64(data[at]) if at < stop else 1
    return np.int64(-1)


@kernel
def carried(number):
    """Return the claim of the encapsulated protocol."""
    if number == 1:
        return ETHERNET
    if number == 18:
        return WIRELESS_FRAME
    return PRISM_FRAME if number == 119 else REFUSED


@kernel
def read(data, at, stop):
    """Step over header and tags."""
    if stop - at < HEADER_BYTES or data[at] != 1 or data[at + 1] > FOR_TRANSMIT:
        return REFUSED, at, stop, -1
    kind, inner = carried(be16(data, at + 2)), skip_tags(data, at + HEADER_BYTES, stop)
    if inner < 0 or inner > stop:
        return REFUSED, at, stop, -1
    return kind, inner, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


TZSP = Layer(
    name="tzsp",
    title="TaZmen sniffer protocol",
    spec="TZSP 1.0",
    claims=(claim(UDP_PORT, 37008),),
    kernel=decode,
    is_tunnel=True,
)
