"""Conversations that wait: what a fast lane has seen and not yet read is kept, and joined with what comes next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import turns as kernels
from quivive.kernels.flow_row import FLOW_ID, ROW_WORDS
from quivive.kernels.turns import Marks, Turns

HELD_BYTES = 1 << 24
"""Bytes held, all flows together: what some ten thousand handshakes take that a batch's end cuts in two."""

FLOW_BYTES = 1 << 16
"""Bytes held of one flow: handshakes have 3 to 10 kB; of a long body a parser that skips it reads less than a lane."""

WORD_BYTES = 8


class Spoken(NamedTuple):
    """What flows said, in order, flow by flow.

    payload:  uint8 (n_bytes,)  what the turns' begin and end point into; a flow's bytes stand together
    marks:    when each piece that turns were joined of was captured
    nth:      int64 (n_turns,)  number in `rows` of each turn's flow     rows: int64 (n_flows, ROW_WORDS)
    """

    payload: NDArray[np.uint8]
    turns: Turns
    marks: Marks
    nth: NDArray[np.int64]
    rows: NDArray[np.int64]

    @property
    def flow_id(self) -> NDArray[np.int64]:
        """Number of each flow."""
        return self.rows[:, FLOW_ID]


class Part(NamedTuple):
    """Turns to be joined. turn: int64 (n,) their numbers; target: int64 (n,) numbers of the flows they go to."""

    spoken: Spoken
    turn: NDArray[np.int64]
    target: NDArray[np.int64]


class Held:
    """Conversations that wait for more, within bounds."""

    def __init__(self) -> None:
        self._spoken = _silence()
        self._kept: list[tuple[Spoken, NDArray[np.int64]]] = []
        self._room = HELD_BYTES

    def resume(self, heard: Spoken, ended: NDArray[np.int64]) -> tuple[Spoken, NDArray[np.bool_]]:
        """Give back the conversations that go on in what was just heard, or have ended, with all that was said.

        Returns them, and which flows of `heard` are among them, bool (n_flows,). The others stay.
        """
        held = self._spoken
        is_resumed = np.isin(heard.flow_id, held.flow_id)
        goes_on = np.isin(held.flow_id, heard.flow_id) | np.isin(held.flow_id, ended)
        which, also = np.flatnonzero(goes_on), np.flatnonzero(is_resumed)
        rows, order = held.rows[which], np.argsort(held.flow_id[which])
        target = order[np.searchsorted(held.flow_id[which], heard.flow_id[also], sorter=order)]
        rows[target] = heard.rows[also]
        self._kept, self._room = [], HELD_BYTES
        self._keep(held, np.flatnonzero(~goes_on))
        return joined([_part(held, which, np.arange(which.size)), _part(heard, also, target)], rows), is_resumed

    def keep(self, spoken: Spoken, which: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Keep the flows numbered in `which`, as far as there is room; returns which are kept, bool (n,)."""
        cost = _cost(spoken, which)
        is_small = cost <= FLOW_BYTES
        is_kept = is_small & (np.cumsum(np.where(is_small, cost, 0)) <= self._room)
        self._keep(spoken, which[is_kept])
        return is_kept

    def settle(self) -> None:
        """Copy what is kept out of the batch that it was heard in."""
        parts, rows, n_flows = [], [np.empty((0, ROW_WORDS), np.int64)], 0
        for spoken, which in self._kept:
            parts.append(_part(spoken, which, n_flows + np.arange(which.size)))
            rows.append(spoken.rows[which])
            n_flows += which.size
        self._spoken, self._kept = joined(parts, np.concatenate(rows)) if n_flows else _silence(), []

    def _keep(self, spoken: Spoken, which: NDArray[np.int64]) -> None:
        self._room -= int(_cost(spoken, which).sum())
        if which.size:
            self._kept.append((spoken, which))


def joined(parts: list[Part], rows: NDArray[np.int64]) -> Spoken:
    """Return turns of several sources as one; what a side goes on saying without a break becomes one turn."""
    target = np.concatenate([part.target for part in parts])
    order = np.argsort(target, kind="stable")
    turns = [Turns(*(column[part.turn] for column in part.spoken.turns)) for part in parts]
    both = Turns(*(np.concatenate(columns)[order] for columns in zip(*turns, strict=True)))
    end, stop_mark = np.cumsum(both.end - both.begin), np.cumsum(both.n_marks)
    begin, first_mark = end - (both.end - both.begin), stop_mark - both.n_marks
    payload = np.empty(int(end[-1]) if end.size else 0, np.uint8)
    marks = Marks(*(np.empty(int(both.n_marks.sum()), np.int64) for _ in Marks._fields))
    place, n = np.empty(order.size, np.int64), 0
    place[order] = np.arange(order.size)
    for part, own in zip(parts, turns, strict=True):
        to, n = place[n : n + part.turn.size], n + part.turn.size
        source_mark = (np.cumsum(part.spoken.turns.n_marks) - part.spoken.turns.n_marks)[part.turn]
        source = (part.spoken.payload, part.spoken.marks, own, source_mark)
        kernels.copy_turns(*source, begin[to], first_mark[to], payload, marks)
    return _without_breaks(Spoken(payload, both._replace(begin=begin, end=end), marks, target[order], rows))


def _without_breaks(spoken: Spoken) -> Spoken:
    """Join turns that are one: of one side of a stream, with nothing missing between them."""
    turns, nth = spoken.turns, spoken.nth
    if not nth.size:
        return spoken
    begins = np.ones(nth.size, np.bool_)
    begins[1:] = (nth[1:] != nth[:-1]) | (turns.side[1:] != turns.side[:-1]) | (turns.gap[1:] > 0)
    begins[1:] |= (turns.is_datagram[1:] | turns.is_datagram[:-1]) != 0
    first = np.flatnonzero(begins)
    last = np.append(first[1:], nth.size) - 1
    columns = {name: column[first] for name, column in turns._asdict().items()}
    columns |= {"end": turns.end[last], "n_marks": np.add.reduceat(turns.n_marks, first)}
    return spoken._replace(turns=Turns(**columns), nth=nth[first])


def ranges(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers from each `low` to before its `high`, one range after the other."""
    n = high - low
    return np.repeat(low - (np.cumsum(n) - n), n) + np.arange(n.sum())


def _part(spoken: Spoken, which: NDArray[np.int64], target: NDArray[np.int64]) -> Part:
    """Return the turns of the flows numbered in `which`, which go to the flows numbered in `target`."""
    low, high = np.searchsorted(spoken.nth, which), np.searchsorted(spoken.nth, which, side="right")
    return Part(spoken, ranges(low, high), np.repeat(target, high - low))


def _cost(spoken: Spoken, which: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bytes that it takes to hold each of the flows numbered in `which`, columns and all."""
    low, high = np.searchsorted(spoken.nth, which), np.searchsorted(spoken.nth, which, side="right")
    sizes = spoken.turns.end - spoken.turns.begin
    words = len(Turns._fields) + 1 + len(Marks._fields) * spoken.turns.n_marks
    total = np.concatenate([[0], np.cumsum(sizes + WORD_BYTES * words)])
    return total[high] - total[low] + WORD_BYTES * ROW_WORDS


def _silence() -> Spoken:
    """Return what nobody says."""
    nothing = np.empty(0, np.int64)
    turns, marks = (kind(*(nothing for _ in kind._fields)) for kind in (Turns, Marks))
    return Spoken(np.empty(0, np.uint8), turns, marks, nothing, np.empty((0, ROW_WORDS), np.int64))
