"""LISP data packets: IP in UDP between sites (RFC 9300)."""

from __future__ import annotations

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be24
from quivive.kit.layer import REFUSED, UDP_PORT, Layer, claim
from quivive.messages.carried import ip_at, ip_bytes

HEADER_BYTES = 8
HAS_NONCE, HAS_VERSION, HAS_INSTANCE, RESERVED = 0x80, 0x10, 0x08, 0x07


@kernel
def read(data, at, stop):
    """Step over the header; its number is the instance. An IP packet that fits must follow."""
    if (
        stop - at < HEADER_BYTES
        or data[at] & RESERVED
        or data[at] & (HAS_NONCE | HAS_VERSION) == HAS_NONCE | HAS_VERSION
    ):
        return REFUSED, at, stop, -1
    inner = at + HEADER_BYTES
    if ip_at(data, inner, stop) < 0 or inner + ip_bytes(data, inner, stop) > stop:
        return REFUSED, at, stop, -1
    return ip_at(data, inner, stop), inner, stop, be24(data, at + 4) if data[at] & HAS_INSTANCE else -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


LISP = Layer(
    name="lisp",
    title="Locator/ID separation protocol, data",
    spec="RFC 9300",
    claims=(claim(UDP_PORT, 4341),),
    kernel=decode,
    is_tunnel=True,
)
