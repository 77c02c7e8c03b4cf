"""Rows that many conversations have in common, read from one of them and written for each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.model.columns import Columns, Taken
from quivive.model.schema import Table


class Shown(NamedTuple):
    """A row as each of these conversations shows it; turn: the one whose time it has, counted from 0."""

    table: Table
    values: dict[str, Any]
    turn: int


class Spread(NamedTuple):
    """The rows of one table, for all conversations.

    source:        int64 (n_rows,)  number among the distinct conversations of the one that a row was read from
    conversation:  int64 (n_rows,)  number of the conversation that a row is of
    columns:       all that the distinct conversations decide
    """

    table: Table
    source: NDArray[np.int64]
    conversation: NDArray[np.int64]
    columns: Columns


def spread(shown: list[list[Shown]], which: NDArray[np.int64], first: NDArray[np.int64], ts: NDArray) -> list[Spread]:
    """Write the rows of distinct conversations for all that are like them, table by table.

    shown: rows of each distinct conversation     which: int64 (n,) the one that each conversation is like
    first: int64 (n,) number of each conversation's first turn     ts: int64 (n_turns,) time of each turn, in ns
    """
    tables = {row.table.name: row.table for rows in shown for row in rows}
    return [_of_one(table, shown, which, first, ts) for table in tables.values()]


def _of_one(table: Table, shown: list[list[Shown]], which: NDArray, first: NDArray, ts: NDArray) -> Spread:
    listed = [[row for row in rows if row.table is table] for rows in shown]
    count = np.array([len(rows) for rows in listed], np.int64)
    begin = np.cumsum(count) - count
    n = count[which]
    conversation = np.repeat(np.arange(which.size), n)
    picked = np.arange(conversation.size) + np.repeat(begin[which] - (np.cumsum(n) - n), n)
    rows = [row for rows in listed for row in rows]
    turn = np.array([row.turn for row in rows], np.int64)
    columns: Columns = {"ts_ns": ts[first[conversation] + turn[picked]]}
    for field in table.fields:
        values = [row.values.get(field.name) for row in rows]
        if field.name not in ("flow_id", "ts", "ts_ns") and any(value is not None for value in values):
            columns[field.name] = Taken(values, picked)
    return Spread(table, which[conversation], conversation, columns)
