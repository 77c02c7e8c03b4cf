"""Segments to streams: what waits behind a hole is kept from batch to batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import reassembly
from quivive.kernels.flow_row import FLOW_ID
from quivive.kernels.headers import Packets
from quivive.kernels.reassembly import Pieces, Segments
from quivive.kernels.turns import copy
from quivive.model.limits import HELD_BYTES, HELD_SEGMENTS


class Ordered(NamedTuple):
    """A batch's TCP payload in stream order; n_pieces of the pieces are filled."""

    pieces: Pieces
    n_pieces: int
    segments: Segments


class Reassembler:
    """Orders batch after batch. `arena` holds the bytes of segments kept from before; see Segments.start."""

    def __init__(self) -> None:
        self.arena = np.empty(0, np.uint8)
        self._held: Segments = Segments(*(np.empty(0, np.int64) for _ in Segments._fields))
        self._held_id = np.empty(0, np.int64)
        self.n_dropped = 0

    def order(self, packets: Packets, row: NDArray[np.int64], rebuilt: NDArray[np.uint8]) -> Ordered:
        """Return the batch's payload in stream order. rebuilt: the batch's arena of datagrams made of fragments."""
        is_alive = row[self._held.flow, FLOW_ID] == self._held_id
        held = Segments(*(column[is_alive] for column in self._held))
        # One arena for both: held bytes lie behind the rebuilt datagrams.
        held = held._replace(start=held.start - rebuilt.size, order=np.arange(held.flow.size) - HELD_SEGMENTS)
        self.arena = np.concatenate([rebuilt, self.arena]) if self.arena.size else rebuilt
        n, n_held = packets.start.size, held.flow.size
        room = Segments(*(np.empty(n + n_held, np.int64) for _ in Segments._fields))
        for to, of in zip(room, held, strict=True):
            to[:n_held] = of
        count = reassembly.pick_segments(packets, n, row, room, n_held)
        segments = Segments(*(column[:count] for column in room))
        return self._cut(segments, count, row)

    def _cut(self, segments: Segments, count: int, row: NDArray[np.int64]) -> Ordered:
        key = np.empty(count, np.int64)
        reassembly.keys_of(segments, count, row, key)
        picked = np.argsort(key, kind="stable")  # of two segments with one number the earlier comes first
        pieces = Pieces(*(np.empty(2 * count + 2, np.int64) for _ in Pieces._fields))
        held = np.empty(HELD_SEGMENTS, np.int64)
        n_pieces, n_held = reassembly.cut_pieces(segments, picked, key[picked], row, pieces, held)
        held = held[:n_held]
        held = held[np.argsort(segments.order[held], kind="stable")]  # as captured: of two versions the first wins
        self._waiting = Segments(*(column[held] for column in segments))
        return Ordered(pieces, n_pieces, segments)

    def keep(self, data: NDArray[np.uint8], row: NDArray[np.int64]) -> None:
        """Copy what waits behind holes: the batch's bytes go away."""
        waiting = self._waiting
        fits = np.cumsum(waiting.captured) <= HELD_BYTES
        self.n_dropped += int((~fits).sum())
        waiting = Segments(*(column[fits] for column in waiting))
        arena, to = np.empty(int(waiting.captured.sum()), np.uint8), 0
        starts = np.empty(waiting.flow.size, np.int64)
        for k, (start, size) in enumerate(zip(waiting.start.tolist(), waiting.captured.tolist(), strict=True)):
            starts[k] = ~to
            to = copy(data, self.arena, start, size, arena, to)
        self.arena = arena
        self._held, self._held_id = waiting._replace(start=starts), row[waiting.flow, FLOW_ID].copy()
