"""Which of many flows the owner's keys may open: told by what their client sent in clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quivive.engine.held import Spoken
from quivive.kit.tls_keys import Keys, client_random

OPENED = ("tls",)
"""Services that keys open."""

HELLO_BYTES = 512
"""First bytes looked at: a hello of SSL 2.0 has its random last."""


def has_keys(spoken: Spoken, which: NDArray[np.int64], keys: Keys) -> NDArray[np.bool_]:
    """Return whether each of the flows numbered in `which` may be opened, bool (n,): those leave the fast lane."""
    if keys.reads_all:
        return np.ones(which.size, np.bool_)
    first = np.searchsorted(spoken.nth, which)
    begin, end = spoken.turns.begin[first], spoken.turns.end[first]
    payload, spans = memoryview(spoken.payload), zip(begin.tolist(), end.tolist(), strict=True)
    heads = (bytes(payload[at : min(stop, at + HELLO_BYTES)]) for at, stop in spans)
    return np.array([keys.knows(client_random(head)) for head in heads], np.bool_)
