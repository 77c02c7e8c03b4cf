"""Flows that other flows announce, as FTP does its data connections: named so where their own bytes do not tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import flow_row as fr
from quivive.kernels.text import address_halves
from quivive.model.limits import ANNOUNCED_FLOWS

WAIT_NS = 600 * 1_000_000_000
"""How long a server waits for a data connection; servers close in 60 to 600 seconds."""

EARLY_NS = 1_000_000_000
"""How much sooner than its announcement a flow may seem to begin: several captures have several clocks."""


class Announced:
    """Endpoints that were announced, the latest ones up to a bound."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], tuple[int, int]] = {}

    def add(self, addr: str, port: int, service: int, ts_ns: int) -> None:
        """Hear of a flow to come. addr: as text, nothing where it is none; service: a number of the catalogue."""
        halves = address_halves(addr)
        if halves is None:
            return
        key = (*halves, port)
        self._known.pop(key, None)
        if len(self._known) >= ANNOUNCED_FLOWS:
            del self._known[next(iter(self._known))]
        self._known[key] = (service, ts_ns)

    def services(
        self, row: NDArray[np.int64], ends: tuple[NDArray[np.int64], ...], is_unnamed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Return the announced service of each flow, 0 for none. row: int64 (n, ROW_WORDS)   ends: see endpoints."""
        found = np.zeros(len(row), np.int64)
        if not self._known:
            return found
        for at in np.flatnonzero(is_unnamed).tolist():
            for side in (3, 0):  # the responder's end first
                key = (int(ends[side][at]), int(ends[side + 1][at]), int(ends[side + 2][at]))
                service, ts_ns = self._known.get(key, (0, 0))
                if service and -EARLY_NS <= row[at, fr.FIRST_NS] - ts_ns <= WAIT_NS:
                    found[at] = service
                    break
        return found
