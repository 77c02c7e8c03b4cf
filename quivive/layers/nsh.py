"""Network service header: the path of a packet through services such as firewalls (RFC 8300)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be24
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import ETHERNET, IPV4, IPV6

BASE_AND_PATH_BYTES = 8
NSH_AGAIN, MPLS = claim(ETHERTYPE, 0x894F), claim(ETHERTYPE, 0x8847)


@kernel
def carried(number):
    """Return the claim of the next protocol (RFC 8300, 11.2.5)."""
    if number == 1:
        return IPV4
    if number == 2:
        return IPV6
    if number == 3:
        return ETHERNET
    if number == 4:
        return NSH_AGAIN
    return MPLS if number == 5 else NOTHING


@kernel
def read(data, at, stop):
    """Step over base, path and context headers; its number is the service path."""
    if stop - at < BASE_AND_PATH_BYTES or data[at] >> 6:
        return NOTHING, at, stop, -1
    inner, path = at + 4 * np.int64(data[at + 1] & 0x3F), be24(data, at + 4)
    if inner < at + BASE_AND_PATH_BYTES or inner > stop:
        return NOTHING, at, stop, path
    return carried(data[at + 3]), inner, stop, path


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


NSH = Layer(
    name="nsh",
    title="Network service header",
    spec="RFC 8300",
    claims=(claim(ETHERTYPE, 0x894F),),
    kernel=decode,
)
