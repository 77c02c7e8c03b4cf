"""Conversations for tests: pieces of what two sides say, as the engine gives them to a parser and to a fast lane."""

from __future__ import annotations

import functools
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from quivive.engine.conversation import Conversation, Listener
from quivive.engine.identify import Catalogue
from quivive.engine.sink import Sink
from quivive.engine.turn import Times, Turn
from quivive.kit.protocol import Flow, Protocol, Streams
from quivive.model.five_tuple import Carrier, FiveTuple

ENDS = FiveTuple("192.0.2.1", 50_000, "192.0.2.80", 80, 6)
FIRST_FLOW = 7


class Piece(NamedTuple):
    """Stream bytes that came in one segment, behind `gap` missing ones."""

    side: int
    said: bytes
    ts_ns: int
    gap: int = 0


def pieces_of(turns, *, first_ns=1_000):
    """Return what the sides say in turn, a microsecond apart."""
    return [Piece(side, said, first_ns + 1_000 * k) for k, (side, said) in enumerate(turns)]


def turns_of(pieces):
    """Join what one side says without a break, as kernels/turns.py does; yields lists of pieces."""
    number = 0
    numbered = []
    for k, piece in enumerate(pieces):
        number += bool(k and (piece.side != pieces[k - 1].side or piece.gap))
        numbered.append((number, piece))
    for _, group in groupby(numbered, key=lambda pair: pair[0]):
        yield [piece for _, piece in group]


def streams_of(flows, memory=None, *, is_ended=False):
    """Return conversations, given as lists of pieces, as a fast lane gets them."""
    said = bytearray(b"\xff\xff\xff")
    first, turns, marks = [0], [], []
    for pieces in flows:
        for turn in turns_of(pieces):
            begin, first_mark = len(said), len(marks)
            for piece in turn:
                marks.append((len(said), piece.ts_ns))
                said += piece.said
            turns.append((turn[0].side, begin, len(said), turn[0].gap, turn[0].ts_ns, first_mark, len(marks)))
        first.append(len(turns))
    side, begin, end, gap, ts_ns, first_mark, stop_mark = np.array(turns, np.int64).reshape(-1, 7).T.copy()
    mark_begin, mark_ts_ns = np.array(marks, np.int64).reshape(-1, 2).T.copy()
    n = len(flows)
    return Streams(
        np.frombuffer(bytes(said), np.uint8).copy(),
        np.array(first, np.int64),
        *(side, begin, end, gap, ts_ns),
        np.arange(n) + FIRST_FLOW,
        np.full(n, 80, np.int64),
        *(first_mark, stop_mark, mark_begin, mark_ts_ns),
        np.zeros(n, np.int64) if memory is None else np.array(memory, np.int64),
        np.full(n, is_ended),
    )


class Notebook(Sink):
    """Keeps rows instead of writing them."""

    def __init__(self):
        super().__init__(Path())
        self.rows = []

    def add(self, table, values, flow_id, ts_ns):
        self.rows.append((table.name, {"flow_id": flow_id, "ts_ns": ts_ns} | present(values)))


@functools.cache
def catalogue():
    return Catalogue()


def rows_of_parse(kind: type[Protocol], pieces, flow_id=FIRST_FLOW, memory=0):
    """Return what the engine writes down when it feeds a conversation to `parse`, and whether it ended at rest.

    The flow ends with the conversation.
    """
    notebook = Notebook()
    listener = Listener(catalogue(), notebook, is_strict=True)
    conversation = Conversation(Flow(flow_id, ENDS, memory=memory), Carrier.TCP, 0, is_sure=True)
    conversation.parser = kind(conversation.flow)
    conversation.services = [catalogue().by_name[kind.name].number]
    for turn in turns_of(pieces):
        if not conversation.done[turn[0].side]:
            listener.feed(conversation, _turn(turn))
    n_rows = len(notebook.rows)
    is_at_rest = not any([*conversation.pending, *conversation.skipping, *conversation.done])
    listener.end(conversation)
    return notebook.rows, is_at_rest and len(notebook.rows) == n_rows


def _turn(pieces):
    offsets = np.cumsum([0, *(len(piece.said) for piece in pieces)])[:-1].tolist()
    times = Times(offsets, [piece.ts_ns for piece in pieces], 0, len(pieces), 0) if len(pieces) > 1 else None
    said = b"".join(piece.said for piece in pieces)
    return Turn(pieces[0].side, said, pieces[0].ts_ns, pieces[0].gap, False, times)


def present(values):
    """Return the values that are not empty."""
    return {name: value for name, value in values.items() if value is not None}
