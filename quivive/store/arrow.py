"""Columns and rows to Arrow: bulk columns without a Python object per row, rare rows from dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quivive.kernels import text
from quivive.model.columns import Codes, Column, Columns, Halves, Known, Lists, Spans, Taken
from quivive.model.limits import LIST_ITEMS, TEXT_BYTES
from quivive.model.schema import ARROW, Field, Table

INT_BITS = {"int16": 15, "int32": 31, "int64": 63}


def batch_of(table: Table, columns: Columns) -> pa.RecordBatch:
    """Return bulk columns as rows of a table; ts is made from ts_ns, columns left out are empty."""
    n = len(columns["ts_ns"])  # type: ignore[arg-type]
    arrays = []
    for field in table.fields:
        if field.name == "ts":
            arrays.append(times(np.asarray(columns["ts_ns"])))
        elif field.name in columns:
            arrays.append(array_of(columns[field.name], field))
        else:
            arrays.append(pa.nulls(n, ARROW[field.kind]))
    return pa.RecordBatch.from_arrays(arrays, schema=table.arrow())


def array_of(column: Column, field: Field) -> pa.Array:
    """Return one bulk column as Arrow."""
    if isinstance(column, Spans):
        return texts(column)
    if isinstance(column, Halves):
        return addresses(column)
    if isinstance(column, Codes):
        return named(column)
    if isinstance(column, Taken):
        return taken_values(column) if field.kind == "text" else picked_values(column, field)
    if isinstance(column, Lists):
        one = Field(field.name, "text" if field.kind == "texts" else "int64", field.meaning)
        offset = numbers(column.offset, pa.int32())
        return pa.ListArray.from_arrays(offset, array_of(column.items, one))
    if isinstance(column, Known):
        return numbers(column.value, ARROW[field.kind], column.is_known)
    if isinstance(column, list):
        return values_array(column, field)
    return numbers(column, ARROW[field.kind])


def rows_of(table: Table, rows: Sequence[tuple[int, int, dict[str, Any]]]) -> pa.RecordBatch:
    """Return rows given as (flow_id, ts_ns, values); a flow_id below 0 is empty, values may bring an own ts_ns."""
    stamps = np.array([row[2].get("ts_ns") or row[1] for row in rows], np.int64)
    said = set().union(*(row[2] for row in rows))
    arrays: list[pa.Array] = []
    for field in table.fields:
        if field.name == "ts":
            arrays.append(times(stamps))
        elif field.name == "ts_ns":
            arrays.append(numbers(stamps, pa.int64()))
        elif field.name == "flow_id":
            ids = np.array([row[0] for row in rows], np.int64)
            arrays.append(numbers(ids, pa.int64(), ids >= 0))
        elif field.name not in said:
            arrays.append(pa.nulls(len(rows), ARROW[field.kind]))
        else:
            name = field.name
            arrays.append(values_array([row[2].get(name) for row in rows], field))
    return pa.RecordBatch.from_arrays(arrays, schema=table.arrow())


def values_array(values: list[Any], field: Field) -> pa.Array:
    """Return Python values as a column; what does not fit its kind (hostile numbers, lone surrogates) is mended."""
    kind = ARROW[field.kind]
    try:
        found = pa.array(values, kind)
        return _cut(values, found) if field.kind == "text" else found
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError, TypeError):
        return pa.array([mended(value, field) for value in values], kind)


def _cut(values: list[Any], found: pa.StringArray) -> pa.StringArray:
    """Return texts with those that are too long cut, which almost none is."""
    offset = np.frombuffer(found.buffers()[1], np.int32, len(found) + 1) if len(found) else np.zeros(1, np.int32)
    if not (np.diff(offset) > TEXT_BYTES).any():
        return found
    return pa.array(
        [one and (one[:TEXT_BYTES] + "..." if len(one) > TEXT_BYTES else one) for one in values], found.type
    )


def mended(value: Any, field: Field) -> Any:
    """Return a value that its column can hold, or None."""
    if value is None:
        return None
    if field.kind == "text":
        return clean(str(value))
    if field.kind in INT_BITS:
        return (
            value
            if isinstance(value, int) and -(1 << INT_BITS[field.kind]) <= value < 1 << INT_BITS[field.kind]
            else None
        )
    if field.kind == "bool":
        return bool(value)
    if field.kind == "float64":
        return float(value) if isinstance(value, int | float) else None
    if field.kind in ("texts", "ints") and isinstance(value, list | tuple):
        one = Field(field.name, "text" if field.kind == "texts" else "int64", field.meaning)
        return [mended(item, one) for item in value[:LIST_ITEMS]]
    return value if field.kind in ("bytes", "ts") else None


def clean(value: str) -> str:
    """Return text that is valid UTF-8 and not too long."""
    return value[:TEXT_BYTES].encode("utf-8", "backslashreplace").decode()


def times(ts_ns: NDArray[np.int64]) -> pa.Array:
    """Return times in microseconds, UTC."""
    return pa.Array.from_buffers(ARROW["ts"], ts_ns.size, [None, pa.py_buffer(np.ascontiguousarray(ts_ns // 1000))])


def numbers(values: NDArray, kind: pa.DataType, is_known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return a column of numbers, by buffer: pa.array of a NumPy array would import pandas where it is installed."""
    known = None if is_known is None else validity(is_known)
    if kind == pa.bool_():
        bits = np.packbits(np.asarray(values, np.bool_), bitorder="little")
        return pa.Array.from_buffers(kind, values.size, [known, pa.py_buffer(bits)])
    # Copied: a view would keep all alive that it is a part of, for as long as the rows wait.
    wide = np.array(values, dtype=np.int64 if pa.types.is_timestamp(kind) else kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, values.size, [known, pa.py_buffer(wide)])


def validity(is_known: NDArray[np.bool_]) -> pa.Buffer | None:
    """Return Arrow's bitmap, or None where every value is known."""
    return None if is_known.all() else pa.py_buffer(np.packbits(is_known, bitorder="little"))


def texts(spans: Spans) -> pa.StringArray:
    """Return spans as text; bytes that are not printable ASCII are escaped, an absent span is null."""
    offset = np.empty(spans.span.size + 1, np.int32)
    text.measure_escaped(spans.data, spans.span, offset)
    value = np.empty(offset[-1], np.uint8)
    text.write_escaped(spans.data, spans.span, offset, value)
    known = validity(spans.span != text.ABSENT)
    return pa.StringArray.from_buffers(spans.span.size, pa.py_buffer(offset), pa.py_buffer(value), known)


def strings(values: list[str]) -> pa.StringArray:
    """Return Python texts as a column; for the reason given at `numbers` not by pa.array."""
    encoded = [value.encode() for value in values]
    offset = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offset), pa.py_buffer(b"".join(encoded)))


def taken(distinct: list[str], index: NDArray[np.int64], is_known: NDArray[np.bool_] | None = None) -> pa.StringArray:
    """Return distinct[index] as plain strings."""
    known = None if is_known is None else validity(is_known)
    indices = pa.Array.from_buffers(pa.int32(), index.size, [known, pa.py_buffer(index.astype(np.int32))])
    return pa.DictionaryArray.from_arrays(indices, strings(distinct)).cast(pa.string())


def taken_values(column: Taken) -> pa.StringArray:
    """Return few distinct values, spread over the rows."""
    is_known = np.array([value is not None for value in column.distinct] or [True], np.bool_)
    return taken([clean(value) if value else "" for value in column.distinct], column.which, is_known[column.which])


def picked_values(column: Taken, field: Field) -> pa.Array:
    """Return few distinct values of any kind, spread over the rows."""
    return values_array(list(column.distinct), field).take(numbers(column.which, pa.int64()))


def named(codes: Codes) -> pa.StringArray:
    """Return numbers under their names."""
    distinct, index = np.unique(codes.code, return_inverse=True)
    words = [codes.names.get(number, f"{codes.other}{number}") for number in distinct.tolist()]
    return taken(words, index, codes.code >= 0)


def addresses(halves: Halves) -> pa.StringArray:
    """Return addresses as text, formatted once per distinct address."""
    pairs = np.empty(halves.high.size, [("high", np.int64), ("low", np.int64)])
    pairs["high"], pairs["low"] = halves.high, halves.low
    distinct, index = np.unique(pairs, return_inverse=True)
    words = [text.address_text(high, low) for high, low in distinct.tolist()]
    return taken(words, index, halves.is_known)
