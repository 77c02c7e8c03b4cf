"""Packets that Linux's packet filter logged (LINKTYPE_NFLOG)."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import IPV4, IPV6

HEADER_BYTES, VALUE_HEADER_BYTES = 4, 4
INET, INET6 = 2, 10
PAYLOAD = 9
VALUES = 32
"""Values that are looked through; the kernel defines 19 kinds (linux/netfilter/nfnetlink_log.h)."""


@kernel
def read(data, at, stop):
    """Look for the payload among type, length, value; they are in the byte order of the machine that captured."""
    if stop - at < HEADER_BYTES or data[at + 1]:
        return NOTHING, at, stop, -1
    family, group = data[at], be16(data, at + 2)
    kind = IPV4 if family == INET else IPV6 if family == INET6 else NOTHING
    begin = at
    at += HEADER_BYTES
    for _ in range(VALUES):
        if stop - at < VALUE_HEADER_BYTES:
            break
        is_little = data[at + 3] == 0  # no type is over 255
        size = np.int64(data[at]) | np.int64(data[at + 1]) << 8 if is_little else be16(data, at)
        number = data[at + 2] if is_little else data[at + 3]
        if size < VALUE_HEADER_BYTES:
            break
        if number == PAYLOAD:
            return kind, at + VALUE_HEADER_BYTES, min(stop, at + size), group
        at += (size + 3) & ~3
    return NOTHING, begin, stop, group


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


NFLOG = Layer(
    name="nflog",
    title="Linux netfilter log",
    spec="LINKTYPE_NFLOG",
    claims=(claim(LINK, 239),),
    kernel=decode,
)
