"""The tables of a case while it is finished: opened one by one, the flows held in memory where they are few."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quivive.model.errors import CaseError
from quivive.model.later import Later
from quivive.model.schema import Kind, Table

duckdb: Any = Later("duckdb")

MEMORY_LIMIT = "400MB"
HELD_ROWS = 100_000
"""Rows of a table that are held in memory, where thirty questions read them faster than from the file."""
PLANNED = (
    "expression_rewriter", "filter_pullup", "filter_pushdown", "unused_columns", "column_lifetime", "deliminator",
    "unnest_rewriter", "regex_range", "in_clause", "top_n", "limit_pushdown", "join_order", "build_side_probe_side",
)  # fmt: skip
"""Steps of DuckDB's planning that are kept where rows are few; the others take longer there than they save."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("TIMESTAMP WITH TIME ZONE",)
"""Types that DuckDB hands out only by help of another package."""
SQL_TYPES: Mapping[Kind, str] = {
    "bool": "BOOLEAN",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "text": "VARCHAR",
    "bytes": "BLOB",
    "ts": "TIMESTAMPTZ",
    "texts": "VARCHAR[]",
    "ints": "BIGINT[]",
}


class WorkingTables:
    """The tables of one case, each opened when it is named; a table without rows is there, and empty."""

    def __init__(self, folder: Path, known: Mapping[str, Table], *, n_threads: int = 2) -> None:
        """folder: the case's `tables` folder."""
        self._folder, self._known = folder, known
        self._n_rows: dict[str, int] = {}
        place = str(folder.parent.resolve())
        self._db = duckdb.connect(
            config={
                "memory_limit": MEMORY_LIMIT,
                "autoinstall_known_extensions": "false",
                "threads": n_threads,
                "temp_directory": f"{place}/spill",
            }
        )
        quoted = place.replace("'", "''")
        self._db.execute(f"SET TimeZone = 'UTC'; SET allowed_directories = ['{quoted}']")
        self._db.execute("SET enable_external_access = false")

    def open(self, name: str, columns: Sequence[str] = ()) -> None:
        """Make a table known to the queries; one that has been written since is opened anew.

        columns: those that are held in memory, as long as the rows are not too many
        Raises CaseError where it cannot be read. A table that this build does not know has no rows.
        """
        paths = sorted(self._folder.glob(f"{name}/*.parquet"))
        if not paths:
            if name in self._known:
                self._db.execute(_empty(self._known[name]))
            self._n_rows[name] = 0
            return
        try:
            self._n_rows[name] = sum(pq.read_metadata(path).num_rows for path in paths)
            is_held = bool(columns) and self._n_rows[name] <= HELD_ROWS
            self._db.execute(_made_of(name, paths, columns, is_held=is_held))
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            first = str(error).splitlines()[0]
            raise CaseError(f"{paths[0]}: not a readable table ({first}); inspect the captures again") from error

    def has(self, name: str) -> bool:
        """Return whether a table holds rows; opens it where that was not done yet."""
        if name not in self._n_rows:
            self.open(name)
        return self._n_rows[name] > 0

    def derive(self, name: str, query: str, *, of: str, **values: Any) -> None:
        """Give the rows of a query a name: held where those of table `of` are, else read again each time."""
        is_held = bool(values) or self._n_rows[of] <= HELD_ROWS
        self._db.execute(f'CREATE {"TABLE" if is_held else "VIEW"} "{name}" AS {query}', values or None)

    def settle(self) -> None:
        """Choose how queries are planned, by the rows that are held, and let no query change a setting any more."""
        if all(n_rows <= HELD_ROWS for n_rows in self._n_rows.values()):
            steps = [row[0] for row in self._db.execute("FROM duckdb_optimizers()").fetchall()]
            self._db.execute(f"SET disabled_optimizers = '{','.join(step for step in steps if step not in PLANNED)}'")
        self._db.execute("SET lock_configuration = true")

    def sql(self, query: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Run a SELECT; `$name` in the query takes its value from `values`."""
        answer = self._db.execute(query, values or None)
        names = [column[0] for column in answer.description]
        if any(column[1] in TIMES for column in answer.description):
            answer.abort()
            columns = self.columns(query, **values).values()
            yield from (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
        else:
            yield from [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def columns(self, query: str, **values: Any) -> dict[str, list[Any]]:
        """Run a SELECT and return its columns."""
        rows = self._db.sql(query, params=values or None).to_arrow_table()
        return {name: _values(column) for name, column in zip(rows.column_names, rows.columns, strict=True)}

    def batches(self, query: str, **values: Any) -> Iterator[pa.RecordBatch]:
        """Run a SELECT and yield its rows in bounded batches."""
        yield from self._db.sql(query, params=values or None).to_arrow_reader(65_536)

    def numbers(self, query: str, **values: Any) -> Iterator[list[NDArray[np.int64]]]:
        """Run a SELECT of 64-bit numbers, none of them empty, and yield its columns in bounded batches."""
        for batch in self.batches(query, **values):  # by buffer: Arrow's own way imports pandas where it is installed
            yield [np.frombuffer(one.buffers()[1], np.int64, len(one), one.offset * 8) for one in batch.columns]

    def twin(self) -> WorkingTables:
        """Return the same tables for another thread: DuckDB plans and answers without holding Python's lock."""
        other = copy.copy(self)
        other._db = self._db.cursor()
        return other

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()


def _made_of(name: str, paths: Sequence[Path], columns: Sequence[str], *, is_held: bool) -> str:
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    shown = ", ".join(f'"{column}"' for column in columns) or "*"
    return f'CREATE OR REPLACE {"TABLE" if is_held else "VIEW"} "{name}" AS SELECT {shown} FROM read_parquet([{files}])'


def _empty(table: Table) -> str:
    columns = ", ".join(f'NULL::{SQL_TYPES[field.kind]} AS "{field.name}"' for field in table.fields)
    return f'CREATE OR REPLACE VIEW "{table.name}" AS SELECT {columns} WHERE false'


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values; times are made here, because Arrow's way imports pandas where it is installed."""
    if pa.types.is_timestamp(column.type):
        since = [value for chunk in column.chunks for value in chunk.view(pa.int64()).to_pylist()]
        return [None if value is None else EPOCH + timedelta(microseconds=value) for value in since]
    return list(column.to_pylist())
