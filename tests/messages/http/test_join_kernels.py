"""Turns joined by side: bytes and times stay as they were."""

from __future__ import annotations

import numpy as np

from quivive.messages.http.lane import joined_turns, said_in
from tests.messages.http.http_conversations import FIRST_FLOW, Piece, streams_of


def test_each_side_becomes_one_turn():
    split = [Piece(0, b"ab", 1), Piece(0, b"c", 2), Piece(1, b"xy", 3), Piece(0, b"de", 4), Piece(1, b"z", 5, gap=6)]
    said = said_in(streams_of([[Piece(0, b"other", 9)], split, [Piece(1, b"q", 10)]]))
    joined = joined_turns(said, np.array([1, 2]))
    texts = [bytes(joined.data[b:e]) for b, e in zip(joined.begin, joined.end, strict=True)]
    assert texts == [b"abcde", b"xyz", b"", b"q"]
    assert joined.side.tolist() == [0, 1, 0, 1]
    assert joined.gap.tolist() == [0, 6, 0, 0]
    assert joined.first.tolist() == [0, 2, 4]
    assert joined.flow_id.tolist() == [FIRST_FLOW + 1, FIRST_FLOW + 2]
    assert joined.first_mark.tolist() == [0, 3, 5, 5]
    assert joined.stop_mark.tolist() == [3, 5, 5, 6]
    assert joined.mark_begin.tolist() == [0, 2, 3, 5, 7, 8]
    assert joined.mark_ts_ns.tolist() == [1, 2, 4, 3, 5, 10]
    assert joined.mark_rank.tolist() == [1, 2, 4, 3, 5, 6]
