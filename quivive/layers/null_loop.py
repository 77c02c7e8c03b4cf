"""BSD loopback captures: an address family, in the byte order of whoever captured (LINKTYPE_NULL, LINKTYPE_LOOP)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32, le32
from quivive.kit.layer import LINK, NOTHING, Layer, claim
from quivive.messages.carried import IPV4, IPV6

HEADER_BYTES = 4
INET, INET6_NETBSD, INET6_FREEBSD, INET6_DARWIN = 2, 24, 28, 30
INET6_LINUX, INET6_WINDOWS = 10, 23


@kernel
def carried(family):
    """Return the claim of an address family; every system chose its own number for IPv6."""
    if family == INET:
        return IPV4
    if family in (INET6_NETBSD, INET6_FREEBSD, INET6_DARWIN):
        return IPV6
    return IPV6 if family in (INET6_LINUX, INET6_WINDOWS) else NOTHING


@kernel
def read(data, at, stop):
    """Step over the family."""
    if stop - at < HEADER_BYTES:
        return NOTHING, at, stop, -1
    big, little = be32(data, at), le32(data, at)
    return carried(min(big, little)), at + HEADER_BYTES, stop, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


NULL_LOOP = Layer(
    name="null_loop",
    title="BSD loopback",
    spec="LINKTYPE_NULL",
    claims=(claim(LINK, 0), claim(LINK, 108)),
    kernel=decode,
)
