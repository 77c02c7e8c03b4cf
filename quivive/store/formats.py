"""Arrow tables to bytes: csv, json, jsonl, arrow, parquet."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from quivive.model.later import Later

csv: Any = Later("pyarrow.csv")

ROWS_AT_ONCE = 8_192


def write(table: pa.Table, form: str, file: BinaryIO) -> None:
    """Write a table in one of the forms."""
    if form == "csv":
        csv.write_csv(flat(table), file)
    elif form == "arrow":
        with pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table)
    elif form == "parquet":
        pq.write_table(table, file, compression="zstd")
    else:
        _write_json(table, file, is_lines=form == "jsonl")


def flat(table: pa.Table) -> pa.Table:
    """Return the table with lists joined into text and bytes in hex: csv has neither."""
    columns = []
    for name in table.column_names:
        column = table[name]
        if pa.types.is_list(column.type):
            column = pa.array([None if v is None else "; ".join(map(str, v)) for v in column.to_pylist()], pa.string())
        elif pa.types.is_binary(column.type):
            column = pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
        columns.append(column)
    return pa.Table.from_arrays(columns, names=table.column_names)


def _write_json(table: pa.Table, file: BinaryIO, *, is_lines: bool) -> None:
    file.write(b"" if is_lines else b"[")
    first = True
    for batch in table.to_batches(ROWS_AT_ONCE):
        for row in batch.to_pylist():
            if not is_lines:
                file.write(b"\n " if first else b",\n ")
            file.write(json.dumps(row, ensure_ascii=False, default=plain).encode())
            if is_lines:
                file.write(b"\n")
            first = False
    file.write(b"" if is_lines else b"\n]\n")


def plain(value: Any) -> str:
    """Return a time in ISO 8601, bytes in hex."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
