"""Conversations that wait: what a fast lane has seen and not yet read is kept, and joined with what comes next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import turns as kernels
from quivive.kernels.flow_row import FLOW_ID, ROW_WORDS
from quivive.kernels.turns import Marks, Turns

HELD_BYTES = 1 << 24
"""Bytes held, all flows together: what some four thousand handshakes take that the end of a batch cuts in two."""

FLOW_BYTES = 1 << 16
"""Bytes held of one flow: handshakes have 3 to 10 kB, short exchanges less. Longer bodies would leave no room for
those, and a parser steps over them."""

PARCELS = 8
"""Batches whose remains are kept apart, before what is left of them is copied together."""

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


class Parcel(NamedTuple):
    """What is held of one batch. waits: bool (n_flows,) which of its flows wait still; cost: int64 (n_flows,) bytes."""

    spoken: Spoken
    waits: NDArray[np.bool_]
    cost: NDArray[np.int64]


class Held:
    """Conversations that wait for more, within bounds."""

    def __init__(self) -> None:
        self._parcels: list[Parcel] = []
        self._kept: list[tuple[Spoken, NDArray[np.int64]]] = []
        self._room = HELD_BYTES

    def resume(self, heard: Spoken, ended: NDArray[np.int64]) -> tuple[Spoken, NDArray[np.bool_]]:
        """Give back the conversations that go on in what was just heard, or have ended, with all that was said.

        Returns them, and which flows of `heard` are among them, bool (n_flows,). The others stay.
        """
        picked = [self._pick(parcel, np.concatenate([heard.flow_id, ended])) for parcel in self._parcels]
        rows = _rows(picked)
        flow_id, is_resumed = rows[:, FLOW_ID], np.isin(heard.flow_id, rows[:, FLOW_ID])
        also, order = np.flatnonzero(is_resumed), np.argsort(flow_id)
        target = order[np.searchsorted(flow_id, heard.flow_id[also], sorter=order)]
        rows[target] = heard.rows[also]
        return joined([*_parts(picked), _part(heard, also, target)], rows), is_resumed

    def keep(self, spoken: Spoken, which: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Keep the flows numbered in `which`, as far as there is room; returns which are kept, bool (n,)."""
        if not which.size:
            return np.empty(0, np.bool_)
        cost = _cost(spoken, which)
        is_small = cost <= FLOW_BYTES
        is_kept = is_small & (np.cumsum(np.where(is_small, cost, 0)) <= self._room)
        self._room -= int(cost[is_kept].sum())
        self._kept.append((spoken, which[is_kept]))
        return is_kept

    def settle(self) -> None:
        """Copy what is kept out of the batch that it was heard in."""
        if self._kept:
            self._parcels.append(_parcel(self._kept))
        self._kept, self._parcels = [], [parcel for parcel in self._parcels if parcel.waits.any()]
        n_bytes = sum(int(parcel.cost.sum()) for parcel in self._parcels)
        if len(self._parcels) > PARCELS or n_bytes > 2 * (HELD_BYTES - self._room):
            self._parcels = [_parcel([(parcel.spoken, np.flatnonzero(parcel.waits)) for parcel in self._parcels])]

    def _pick(self, parcel: Parcel, flow_ids: NDArray[np.int64]) -> tuple[Spoken, NDArray[np.int64]]:
        which = np.flatnonzero(parcel.waits & np.isin(parcel.spoken.flow_id, flow_ids))
        parcel.waits[which] = False
        self._room += int(parcel.cost[which].sum())
        return parcel.spoken, which


def _parcel(kept: list[tuple[Spoken, NDArray[np.int64]]]) -> Parcel:
    spoken = joined(_parts(kept), _rows(kept))
    n = len(spoken.rows)
    return Parcel(spoken, np.ones(n, np.bool_), _cost(spoken, np.arange(n)))


def _rows(picked: list[tuple[Spoken, NDArray[np.int64]]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty((0, ROW_WORDS), np.int64), *(spoken.rows[which] for spoken, which in picked)])


def _parts(picked: list[tuple[Spoken, NDArray[np.int64]]]) -> list[Part]:
    """Return the turns of flows that go one after the other."""
    begin = np.cumsum([0, *(which.size for _, which in picked)])
    return [_part(*one, at + np.arange(one[1].size)) for one, at in zip(picked, begin[:-1].tolist(), strict=True)]


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
    return np.repeat(low - (np.cumsum(n) - n), n) + np.arange(int(n.sum()))


def _part(spoken: Spoken, which: NDArray[np.int64], target: NDArray[np.int64]) -> Part:
    """Return the turns of the flows numbered in `which`, which go to the flows numbered in `target`."""
    low, high = np.searchsorted(spoken.nth, which), np.searchsorted(spoken.nth, which, side="right")
    return Part(spoken, ranges(low, high), np.repeat(target, high - low))


def _cost(spoken: Spoken, which: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bytes that it takes to hold each of the flows numbered in `which`, columns and all."""
    low, high = np.searchsorted(spoken.nth, which), np.searchsorted(spoken.nth, which, side="right")
    turn, words = ranges(low, high), len(Turns._fields) + 1
    words_of_each = words + len(Marks._fields) * spoken.turns.n_marks[turn]
    of_turn = spoken.turns.end[turn] - spoken.turns.begin[turn] + WORD_BYTES * words_of_each
    return np.add.reduceat(of_turn, np.cumsum(high - low) - (high - low)) + WORD_BYTES * ROW_WORDS
