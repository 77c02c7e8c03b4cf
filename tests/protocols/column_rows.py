"""Turn the columns of parse_many into rows, to compare them with those of parse."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from quivive.kit.protocol import Messages, Protocol, Row
from quivive.model.columns import Codes, Column, Known, Lists, Spans

STAMP_NAMES = ("flow_id", "ts", "ts_ns")


def messages_of(payloads: Iterable[bytes], sides: Iterable[int] | None = None) -> Messages:
    """Return payloads as a batch: message k is of flow 7 + k, at k seconds; all of the originator unless told."""
    payloads = list(payloads)
    n = len(payloads)
    stop = np.cumsum([len(payload) for payload in payloads], dtype=np.int64) + 3
    start = stop - np.array([len(payload) for payload in payloads], np.int64)
    data = np.frombuffer(b"\xff\xff\xff" + b"".join(payloads) + b"\xff", np.uint8).copy()
    side = np.zeros(n, np.uint8) if sides is None else np.array(list(sides), np.uint8)
    number = np.arange(n, dtype=np.int64)
    return Messages(data, start, stop, number + 7, number * 1_000_000_000, side, np.full(n, 53, np.int64))


def rows_of_bulk(kind: type[Protocol], messages: Messages) -> dict[int, list[Row]]:
    """Return the rows that parse_many makes, by flow; empty values left out, as parse leaves them out."""
    rows: dict[int, list[Row]] = {}
    for table, columns in kind.parse_many(messages):
        assert columns.keys() <= set(table.names)
        values = {name: values_of(column) for name, column in columns.items()}
        assert len({len(column) for column in values.values()}) == 1, "columns must be of one length"
        for k, flow_id in enumerate(values["flow_id"]):
            assert values["ts_ns"][k] == values["ts"][k] * 1000 == (flow_id - 7) * 1_000_000_000
            row = {name: column[k] for name, column in values.items() if name not in STAMP_NAMES}
            rows.setdefault(flow_id, []).append(
                (table, {name: value for name, value in row.items() if value is not None})
            )
    return rows


def values_of(column: Column) -> list[Any]:
    """Return a column as Python values."""
    match column:
        case Spans(data, span):
            return [
                None if ref < 0 else escaped(data[ref >> 16 : (ref >> 16) + (ref & 0xFFFF)]) for ref in span.tolist()
            ]
        case Codes(code, names, other):
            return [None if number < 0 else names.get(number, f"{other}{number}") for number in code.tolist()]
        case Known(value, is_known):
            return [v if k else None for v, k in zip(value.tolist(), is_known.tolist(), strict=True)]
        case Lists(items, offset):
            values, ends = values_of(items), offset.tolist()
            assert ends[0] == 0
            assert ends[-1] == len(values)
            return [values[begin:end] for begin, end in pairwise(ends)]
        case np.ndarray():
            return column.tolist()
    return column


def escaped(raw: np.ndarray) -> str:
    """Return bytes as the store writes them."""
    return re.sub(rb"[^ -~]", lambda found: b"\\x%02x" % found[0], raw.tobytes()).decode("ascii")
