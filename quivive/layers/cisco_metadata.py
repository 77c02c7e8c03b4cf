"""Cisco metadata: the security group tag that TrustSec switches put into frames."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, NOTHING, Layer, claim
from quivive.messages.carried import after_tag

HEAD_BYTES, OPTION_BYTES = 2, 4


@kernel
def read(data, at, stop):
    """Step over version, length and options; the number is the first option's value, the security group."""
    if stop - at < HEAD_BYTES + OPTION_BYTES + 2:
        return NOTHING, at, stop, -1
    end = at + HEAD_BYTES + OPTION_BYTES * np.int64(data[at + 1])
    if data[at] != 1 or data[at + 1] == 0 or end + 2 > stop:
        return NOTHING, at, stop, -1
    kind, inner, bound = after_tag(data, end, stop)
    return kind, inner, bound, be16(data, at + 4)


@kernel
def decode(data, start, stop, next_claim, next_start, next_stop, tag):
    """Read many headers; the arguments are those of kit/layer.py."""
    for i in range(start.size):
        next_claim[i], next_start[i], next_stop[i], tag[i] = read(data, start[i], stop[i])


CISCO_METADATA = Layer(
    name="cisco_metadata",
    title="Cisco metadata",
    spec="draft-smith-kandula-sxp-10",
    claims=(claim(ETHERTYPE, 0x8909),),
    kernel=decode,
)
