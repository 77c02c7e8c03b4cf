"""A batch of captured packets: one byte buffer and where each packet lies in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class PacketBuffer(NamedTuple):
    """Captured bytes and their index; nothing is copied per packet. Good until the next batch is asked for.

    data:        uint8 (n_bytes,)    the bytes the offsets point into
    start:       int64 (n,)  offset of each packet's first byte in data
    stop:        int64 (n,)  offset after its last captured byte
    ts_ns:       int64 (n,)  capture time, ns since 1970 UTC
    wire_bytes:  int64 (n,)  length on the wire, before any snapping
    link_type:   int32 (n,)  LINKTYPE_ value (tcpdump.org/linktypes)
    interface:   int32 (n,)  number of the interface within the capture, 0 where the format has none
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    ts_ns: NDArray[np.int64]
    wire_bytes: NDArray[np.int64]
    link_type: NDArray[np.int32]
    interface: NDArray[np.int32]
