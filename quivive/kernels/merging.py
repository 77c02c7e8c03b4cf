"""Packets of several captures into one buffer, in time order."""

from __future__ import annotations

from quivive.kernels.jit import kernel


@kernel
def copy_packets(data, start, stop, place, out):
    """Copy packets from one capture's bytes to their places in `out`."""
    for k in range(start.size):
        to = place[k]
        for at in range(start[k], stop[k]):
            out[to] = data[at]
            to += 1
