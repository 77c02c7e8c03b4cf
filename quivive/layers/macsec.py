"""MACsec frames that are signed but not encrypted (IEEE 802.1AE, 9.3); the others can not be read."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

HEAD_BYTES, CHANNEL_BYTES = 6, 8
ICV_BYTES = 16  # of the default cipher suite, GCM-AES-128
VERSION, HAS_CHANNEL, ENCRYPTED, CHANGED = 0x80, 0x20, 0x08, 0x04


@kernel
def read(data, at, stop):
    """Step over the security tag, and leave out the integrity check behind the data."""
    if stop - at < HEAD_BYTES:
        return NOTHING, at, stop, -1
    flags = data[at]
    if flags & (VERSION | ENCRYPTED | CHANGED):
        return NOTHING, at, stop, -1
    inner = at + HEAD_BYTES + (CHANNEL_BYTES if flags & HAS_CHANNEL else 0)
    # A frame under 64 bytes says how long its data is; what follows is padding (9.7).
    short = np.int64(data[at + 1] & 0x3F)
    end = min(inner + short, stop) if short else stop - ICV_BYTES
    if end - inner < 2:
        return NOTHING, at, stop, -1
    kind, inner, end = after_tag(data, inner, end)
    return kind, inner, end, -1


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


MACSEC = Layer(
    name="macsec",
    title="MAC security",
    spec="IEEE 802.1AE",
    claims=(claim(ETHERTYPE, 0x88E5),),
    kernel=decode,
)
