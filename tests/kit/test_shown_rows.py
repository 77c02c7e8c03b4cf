"""Rows of one conversation are written for all that are like it."""

import numpy as np

from quivive.kit.shown_rows import Shown, spread
from quivive.model.fields import STAMP
from quivive.model.schema import Field, Table

GREETINGS = Table(
    "greetings", "Greetings.", (*STAMP, Field("word", "text", "A word."), Field("tone", "text", "A tone."))
)
GIFTS = Table("gifts", "Gifts.", (*STAMP, Field("worth", "int32", "A number."), Field("tone", "text", "A tone.")))

# Of two kinds of conversation one has two greetings and a gift, the other a greeting.
SHOWN = [
    [
        Shown(GREETINGS, {"word": "hello"}, 0),
        Shown(GIFTS, {"worth": 7}, 1),
        Shown(GREETINGS, {"word": "bye", "ts_ns": 3}, 2),
    ],
    [Shown(GREETINGS, {"word": "hi"}, 1)],
]
TS = np.array([10, 11, 12, 20, 21, 30, 31, 32])
FIRST = np.array([0, 3, 5])


def rows(part):
    columns = {name: column for name, column in part.columns.items() if name != "ts_ns"}
    values = {name: [column.distinct[k] for k in column.which.tolist()] for name, column in columns.items()}
    return {"ts_ns": part.columns["ts_ns"].tolist(), "conversation": part.conversation.tolist()} | values


def test_each_conversation_gets_the_rows_of_its_kind_at_its_own_times():
    greetings, gifts = spread(SHOWN, np.array([0, 1, 0]), FIRST, TS)
    assert (greetings.table, gifts.table) == (GREETINGS, GIFTS)
    assert rows(greetings) == {
        "ts_ns": [10, 12, 21, 30, 32],
        "conversation": [0, 0, 1, 2, 2],
        "word": ["hello", "bye", "hi", "hello", "bye"],
    }
    assert greetings.source.tolist() == [0, 0, 1, 0, 0]
    assert rows(gifts) == {"ts_ns": [11, 31], "conversation": [0, 2], "worth": [7, 7]}


def test_no_conversation_makes_no_rows():
    for part in spread(SHOWN, np.array([], np.int64), np.array([], np.int64), TS):
        assert rows(part)["conversation"] == []
