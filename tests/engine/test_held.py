"""What is held of conversations that wait, and how it is joined with what comes next."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.engine import held
from quivive.engine.held import Held, Spoken
from quivive.kernels.flow_row import FLOW_ID, ROW_WORDS, SERVICE
from quivive.kernels.turns import Marks, Turns

NOBODY = np.empty(0, np.int64)


def spoken_of(pieces, service=1):
    """Return pieces (flow_id, side, said, ts_ns, gap, is_datagram) as a batch brings them, flow by flow."""
    turns, marks, said = [], [], b"\xee"
    numbers = sorted({piece[0] for piece in pieces})
    for flow_id in numbers:
        last = None
        for _, side, some, ts_ns, gap, is_datagram in (piece for piece in pieces if piece[0] == flow_id):
            if is_datagram or gap or last != side:
                turns.append([flow_id, 10 * flow_id, side, len(said), 0, gap, ts_ns, is_datagram, 0])
            marks.append((len(said), ts_ns))
            said += some
            turns[-1][4], turns[-1][8] = len(said), turns[-1][8] + 1
            last = None if is_datagram else side
    listed = np.array(turns, np.int64).reshape(-1, 9).T.copy()
    rows = np.zeros((len(numbers), ROW_WORDS), np.int64)
    rows[:, FLOW_ID], rows[:, SERVICE] = numbers, service
    begins = Marks(*np.array(marks, np.int64).reshape(-1, 2).T.copy())
    nth = np.searchsorted(np.array(numbers, np.int64), listed[0])
    return Spoken(np.frombuffer(said, np.uint8).copy(), Turns(*listed[1:]), begins, nth, rows)


def told(spoken):
    """Return what is said, as Python values: of each flow its turns, of each turn the times of its pieces."""
    turns, found = spoken.turns, {}
    stop = np.cumsum(turns.n_marks)
    for k, nth in enumerate(spoken.nth.tolist()):
        begin, end = int(turns.begin[k]), int(turns.end[k])
        marks = range(int(stop[k] - turns.n_marks[k]), int(stop[k]))
        pieces = [(int(spoken.marks.begin[mark]) - begin, int(spoken.marks.ts_ns[mark])) for mark in marks]
        head = (turns.side[k], turns.gap[k], turns.ts_ns[k], turns.is_datagram[k], turns.flow[k])
        flow_id = int(spoken.flow_id[nth])
        found.setdefault(flow_id, []).append((*map(int, head), spoken.payload[begin:end].tobytes(), pieces))
    return found


def test_a_turn_goes_on_in_the_next_batch():
    waiting = Held()
    first = spoken_of([(7, 0, b"ask", 1, 0, False), (7, 1, b"ans", 2, 0, False)])
    assert waiting.keep(first, np.array([0])).tolist() == [True]
    waiting.settle()
    second = spoken_of([(5, 0, b"other", 3, 0, False), (7, 1, b"wer", 4, 0, False), (7, 1, b"!", 5, 9, False)])
    resumed, is_resumed = waiting.resume(second, NOBODY)
    assert is_resumed.tolist() == [False, True]
    assert told(resumed) == {
        7: [
            (0, 0, 1, 0, 70, b"ask", [(0, 1)]),
            (1, 0, 2, 0, 70, b"answer", [(0, 2), (3, 4)]),
            (1, 9, 5, 0, 70, b"!", [(0, 5)]),
        ]
    }


def test_what_neither_goes_on_nor_ends_stays():
    waiting = Held()
    waiting.keep(spoken_of([(3, 0, b"a", 1, 0, False), (4, 0, b"b", 2, 0, False)]), np.array([0, 1]))
    waiting.settle()
    for _ in range(2):
        resumed, is_resumed = waiting.resume(spoken_of([(9, 0, b"x", 3, 0, False)]), NOBODY)
        assert not told(resumed)
        assert is_resumed.tolist() == [False]
        waiting.settle()
    resumed, _ = waiting.resume(spoken_of([]), np.array([4, 3]))
    assert [turns[0][5] for turns in told(resumed).values()] == [b"a", b"b"]
    waiting.settle()
    assert not told(waiting.resume(spoken_of([]), np.array([4, 3]))[0])


def test_what_is_left_of_many_batches_is_put_together():
    waiting = Held()
    for flow in range(1, 3 * held.PARCELS):
        said = spoken_of([(flow, 0, b"%d" % flow, 1, 0, False), (flow + 100, 0, bytes(5_000), 1, 0, False)])
        assert waiting.keep(said, np.array([0, 1])).all()
        waiting.settle()
        assert told(waiting.resume(spoken_of([]), np.array([flow + 100]))[0]).keys() == {flow + 100}
        waiting.settle()
        assert len(waiting._parcels) <= held.PARCELS
        copied = sum(parcel.cost.sum() for parcel in waiting._parcels)
        assert copied <= 2 * (held.HELD_BYTES - waiting._room)
    resumed, _ = waiting.resume(spoken_of([]), np.arange(1, 3 * held.PARCELS))
    assert [turns[0][5] for _, turns in sorted(told(resumed).items())] == [
        b"%d" % k for k in range(1, 3 * held.PARCELS)
    ]
    waiting.settle()
    assert (waiting._parcels, waiting._room) == ([], held.HELD_BYTES)


def test_the_row_of_a_flow_is_the_latest():
    waiting = Held()
    waiting.keep(spoken_of([(3, 0, b"a", 1, 0, False)], service=1), np.array([0]))
    waiting.settle()
    resumed, _ = waiting.resume(spoken_of([(3, 0, b"b", 2, 0, False)], service=2), NOBODY)
    assert resumed.rows[:, SERVICE].tolist() == [2]


def test_no_more_is_held_than_there_is_room_for(monkeypatch):
    some = spoken_of([(flow, 0, bytes(1_000 * flow), 1, 0, False) for flow in range(1, 5)])
    cost = held._cost(some, np.arange(4))
    assert (np.diff(cost) == 1_000).all()
    assert cost[0] > 1_000
    monkeypatch.setattr(held, "FLOW_BYTES", int(cost[2]))
    assert Held().keep(some, np.arange(4)).tolist() == [True, True, True, False]
    monkeypatch.setattr(held, "FLOW_BYTES", int(cost[2]) - 1)
    assert Held().keep(some, np.arange(4)).tolist() == [True, True, False, False]
    monkeypatch.setattr(held, "HELD_BYTES", int(cost[:2].sum()))
    waiting = Held()
    assert waiting.keep(some, np.arange(1)).tolist() == [True]
    assert waiting.keep(some, np.arange(1, 3)).tolist() == [True, False]
    waiting.settle()
    waiting.resume(spoken_of([]), NOBODY)
    assert waiting.keep(some, np.arange(1)).tolist() == [False]
    waiting.resume(spoken_of([]), np.array([1, 2]))
    assert waiting.keep(some, np.arange(1)).tolist() == [True]


pieces = st.tuples(
    st.integers(1, 4), st.integers(0, 1), st.binary(max_size=3), st.integers(1, 9), st.sampled_from([0, 0, 0, 2])
)


@given(st.lists(st.lists(pieces, max_size=8), max_size=4), st.data())
def test_however_it_is_cut_into_batches_the_same_is_said(batches, data):
    """Flow 4 speaks in datagrams; what is kept each time is drawn."""
    cut = [[(*piece, piece[0] == 4) for piece in batch] for batch in batches]
    waiting, begun = Held(), {}
    for batch in cut:
        heard = spoken_of(batch)
        resumed, is_resumed = waiting.resume(heard, NOBODY)
        for flow_id, group in groupby(sorted(batch, key=lambda piece: piece[0]), key=lambda piece: piece[0]):
            begun.setdefault(flow_id, []).extend(group)
        found = told(resumed) | {flow: told(heard)[flow] for flow in heard.flow_id[~is_resumed].tolist()}
        for flow_id, turns in found.items():
            assert turns == told(spoken_of(begun[flow_id]))[flow_id]
        for spoken, mine in ((resumed, np.ones(len(resumed.rows), bool)), (heard, ~is_resumed)):
            which = np.flatnonzero(mine)
            which = which[[data.draw(st.booleans()) for _ in which]]
            assert waiting.keep(spoken, which).all()
            for flow_id in set(spoken.flow_id[mine].tolist()) - set(spoken.flow_id[which].tolist()):
                begun[flow_id] = []
        waiting.settle()
