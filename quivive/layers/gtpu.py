"""GTP-U: a subscriber's packets between the parts of a mobile network (3GPP TS 29.281)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32
from quivive.kit.layer import REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ip_at, ip_bytes

HEADER_BYTES, OPTIONAL_BYTES = 8, 4
VERSION_1 = 0x30  # version 1, protocol type GTP
HAS_EXTENSION, HAS_OPTIONAL = 0x04, 0x07
G_PDU = 255
EXTENSIONS = 8
"""Extension headers that are followed; 3GPP lets each of the six kinds for user data stand once."""


@kernel
def skip_extensions(data, at, stop):
    """Return where the extension headers end that begin behind the type at `at - 1`; -1 where they do not."""
    kind = data[at - 1]
    for _ in range(EXTENSIONS + 1):
        if kind == 0:
            return at
        size = 4 * np.int64(data[at]) if at < stop else np.int64(0)
        if size == 0 or at + size > stop:
            break
        at += size
        kind = data[at - 1]
    return np.int64(-1)


@kernel
def read(data, at, stop):
    """Step over header and extensions; its number is the tunnel endpoint. The packet inside must fit its room."""
    if stop - at < HEADER_BYTES or data[at] & 0xF8 != VERSION_1 or data[at + 1] != G_PDU:
        return REFUSED, at, stop, -1
    end = at + HEADER_BYTES + be16(data, at + 2)
    bound, inner = min(end, stop), at + HEADER_BYTES
    if data[at] & HAS_OPTIONAL:
        inner += OPTIONAL_BYTES
        if data[at] & HAS_EXTENSION:
            inner = skip_extensions(data, inner, bound) if inner <= bound else np.int64(-1)
    if inner < 0 or ip_at(data, inner, bound) < 0 or inner + ip_bytes(data, inner, bound) > end:
        return REFUSED, at, stop, -1
    return ip_at(data, inner, bound), inner, bound, be32(data, at + 4)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


GTPU = Layer(
    name="gtpu",
    title="GPRS tunnelling protocol, user plane",
    spec="3GPP TS 29.281",
    claims=(claim(UDP_PORT, 2152),),
    kernel=decode,
    is_tunnel=True,
)
