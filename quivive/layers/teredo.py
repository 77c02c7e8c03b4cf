"""Teredo: IPv6 in UDP, through address translators (RFC 4380)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32
from quivive.kit.layer import REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import IPV6, IPV6_BYTES

AUTHENTICATION, ORIGIN = 1, 0
ORIGIN_BYTES, NONCE_AND_CONFIRMATION = 8, 9
TEREDO_PREFIX = 0x2001_0000


@kernel
def skip_indications(data, at, stop):
    """Return where the IPv6 header should begin: behind authentication and origin, in that order if at all (5.1.1)."""
    if stop - at >= 4 and be16(data, at) == AUTHENTICATION:
        at += 4 + np.int64(data[at + 2]) + np.int64(data[at + 3]) + NONCE_AND_CONFIRMATION
    if stop - at >= ORIGIN_BYTES and be16(data, at) == ORIGIN:
        at += ORIGIN_BYTES
    return at


@kernel
def read(data, at, stop):
    """Step over the indications. What follows must be IPv6 that fits, or is snapped but has a Teredo address."""
    inner = skip_indications(data, at, stop)
    if stop - inner < IPV6_BYTES or data[inner] >> 4 != 6:
        return REFUSED, at, stop, -1
    is_whole = inner + IPV6_BYTES + be16(data, inner + 4) <= stop
    if is_whole or be32(data, inner + 8) == TEREDO_PREFIX or be32(data, inner + 24) == TEREDO_PREFIX:
        return IPV6, inner, stop, -1
    return REFUSED, at, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


TEREDO = Layer(
    name="teredo",
    title="Teredo",
    spec="RFC 4380",
    claims=(claim(UDP_PORT, 3544),),
    kernel=decode,
    is_tunnel=True,
)
