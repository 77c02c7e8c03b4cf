"""Conversations as parse_streams takes them, and rows of both ways to read them, to be compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Protocol, Streams, Taken
from quivive.model import columns
from quivive.model.errors import DissectError
from quivive.model.five_tuple import Side
from tests.protocols import column_rows
from tests.protocols.stream_driver import TURN_NS, Turn

FLOW = 100
"""The number of the first conversation's flow; others follow."""


def streams_of(conversations: list[list[Turn]], resp_port: int = 443, *, is_ended: bool = False) -> Streams:
    """Return conversations as one batch; turn k of conversation c was captured at c seconds and k + 1 milliseconds."""
    data, turns = b"\xee", []
    for c, conversation in enumerate(conversations):
        gap, k = 0, 0
        for side, said in conversation:
            if isinstance(said, int):
                gap = said
                continue
            turns.append((int(side), len(data), len(data) + len(said), gap, time_of(c, k)))
            data, gap, k = data + said, 0, k + 1
    count = [sum(not isinstance(said, int) for _, said in turns) for turns in conversations]
    listed = np.array(turns, np.int64).reshape(-1, 5)
    first = np.concatenate([[0], np.cumsum(count, dtype=np.int64)])
    n = len(conversations)
    return Streams(
        np.frombuffer(data + b"\xee", np.uint8).copy(),
        first,
        *(np.ascontiguousarray(listed[:, k]) for k in range(5)),
        np.arange(FLOW, FLOW + n),
        np.full(n, resp_port, np.int64),
        memory=np.zeros(n, np.int64),
        is_ended=np.full(n, is_ended),
    )


def time_of(conversation: int, turn: int) -> int:
    return conversation * 1_000_000_000 + (turn + 1) * TURN_NS


def rows_of_lane(kind: type[Protocol], streams: Streams) -> dict[int, list[tuple[str, dict[str, Any]]]]:
    """Return the rows of each flow that parse_streams read to its end, sorted; empty values left out."""
    taken, found = kind.parse_streams(streams)
    rows: dict[int, list] = {
        flow: [] for flow, what in zip(streams.flow_id.tolist(), taken, strict=True) if what == Taken.DONE
    }
    for table, by_name in found:
        assert by_name.keys() <= set(table.names)
        values = {name: values_of(column) for name, column in by_name.items()}
        assert len({len(column) for column in values.values()}) <= 1, "columns must be of one length"
        for k, flow in enumerate(values.pop("flow_id")):
            row = {name: column[k] for name, column in values.items() if column[k] is not None}
            rows[flow].append((table.name, row))
    return {flow: sorted(of_flow, key=repr) for flow, of_flow in rows.items()}


def values_of(column: columns.Column) -> list[Any]:
    """Return a column as Python values."""
    if isinstance(column, columns.Taken):
        return [column.distinct[which] for which in column.which.tolist()]
    return column_rows.values_of(column)


def rows_of_parser(
    kind: type[Protocol], conversation: list[Turn], number: int = 0, *, whole: bool = False, is_ended: bool = False
) -> list[tuple[str, dict[str, Any]]] | None:
    """Return the rows that `parse` makes of a conversation, sorted; None unless both sides come to their end.

    whole: whether each turn is a datagram     is_ended: whether the flow ends, by which all sides come to theirs
    """
    parser, rows, done, pending, k = kind(), [], [False, False], [b"", b""], 0
    for side, said in conversation:
        if isinstance(said, int):
            parser.missed(Side(side), said)
            continue
        ts_ns, k = time_of(number, k), k + 1
        cursor = Cursor(pending[side] + said, whole=whole, ts_ns=ts_ns)
        try:
            while cursor.at < cursor.stop and not done[side]:
                pending[side] = cursor.payload[cursor.at :]
                for table, values in parser.parse(cursor, Side(side)):
                    stamped = {"ts_ns": ts_ns} | values
                    rows.append((table.name, {name: one for name, one in stamped.items() if one is not None}))
                pending[side] = b""
                done[side] = cursor.is_done
        except DissectError:
            continue
    if is_ended:
        assert all(done[side] or not pending[side] for side in (0, 1)), "nothing of what is taken may be broken off"
        rows += [
            (table.name, {name: one for name, one in row.items() if one is not None}) for table, row in parser.close()
        ]
    return sorted(rows, key=repr) if all(done) or is_ended else None


def joined(turns: list[Turn]) -> list[Turn]:
    """Return turns as the engine joins them: what a side goes on saying is one turn."""
    found: list[Turn] = []
    for side, said in turns:
        if found and found[-1][0] == side and not isinstance(said, int) and not isinstance(found[-1][1], int):
            found[-1] = (side, found[-1][1] + said)
        else:
            found.append((side, said))
    return found
