"""A kernel that joins what each side of a conversation says over all its turns: then no message is split."""

from __future__ import annotations

import numpy as np

from quivive.kernels.jit import kernel
from quivive.messages.http.secret_kernels import Int
from quivive.messages.http.turn_kernels import Said


@kernel
def join_turns(said: Said, joined: Said) -> None:
    """Copy every conversation: first all that its originator says, as one turn, then all that the responder says."""
    to, mark_to = np.int64(0), np.int64(0)
    for flow in range(said.flow_id.size):
        for side in range(2):
            turn = 2 * flow + side
            joined.side[turn], joined.begin[turn], joined.gap[turn], joined.first_mark[turn] = side, to, 0, mark_to
            for source in range(said.first[flow], said.first[flow + 1]):
                if said.side[source] == side:
                    mark_to = join_marks(said, source, joined, to, mark_to)
                    to = join_bytes(said, source, joined, to)
                    joined.gap[turn] += said.gap[source]
            joined.end[turn], joined.stop_mark[turn] = to, mark_to


@kernel
def join_bytes(said: Said, turn: Int, joined: Said, to: Int) -> Int:
    """Copy the bytes of a turn; returns the byte behind them."""
    first, target = np.uint64(said.begin[turn]), np.uint64(to)
    n_bytes = said.end[turn] - said.begin[turn]
    for k in range(np.uint64(n_bytes)):
        joined.data[target + k] = said.data[first + k]
    return to + n_bytes


@kernel
def join_marks(said: Said, turn: Int, joined: Said, to: Int, mark_to: Int) -> Int:
    """Copy the marks of a turn whose bytes go to `to`; returns the mark behind them."""
    for mark in range(said.first_mark[turn], said.stop_mark[turn]):
        joined.mark_begin[mark_to] = said.mark_begin[mark] - said.begin[turn] + to
        joined.mark_ts_ns[mark_to], joined.mark_rank[mark_to] = said.mark_ts_ns[mark], said.mark_rank[mark]
        mark_to += 1
    return mark_to
