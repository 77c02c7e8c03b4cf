"""Tables to Parquet: rows are held back until they fill a row group, sorted by time within it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quivive.model.columns import Columns
from quivive.model.schema import Table
from quivive.store import arrow
from quivive.store.sieve import Sieve

ROW_GROUP_ROWS = 200_000
ROW_GROUP_BYTES = 32 << 20
ROWS_AT_ONCE = 8_192
"""Rows kept as dictionaries before they become a batch."""
BLOOMED = {"orig_addr", "resp_addr", "server_name", "host", "query", "ja3", "ja4", "community_id", "certificate_sha256"}
PLAIN_NUMBERS = {
    "ts",
    "ts_ns",
    "flow_id",
    "last_ts",
    "last_ns",
    "orig_bytes",
    "resp_bytes",
    "orig_ip_bytes",
    "resp_ip_bytes",
}


class ParquetTable:
    """One table of a case: a folder with one Parquet file that grows by whole row groups."""

    def __init__(self, table: Table, folder: Path, sieve: Sieve | None = None) -> None:
        """sieve: what rows pass before they are held; nothing of a flow that it forgets stays."""
        self.table = table
        self.n_rows = 0
        self._sieve = sieve
        self._n_forgotten = -1
        self._path = folder / table.name / "part-0.parquet"
        self._rows: list[tuple[int, int, dict[str, Any]]] = []
        self._raw: list[pa.RecordBatch] = []
        """Rows that the sieve has not seen yet: it sees many at a time."""
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._held_bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, flow_id: int, ts_ns: int, values: dict[str, Any]) -> None:
        """Take one row."""
        self._rows.append((flow_id, ts_ns, values))
        if len(self._rows) >= ROWS_AT_ONCE:
            self._take_rows()

    def add_columns(self, columns: Columns) -> None:
        """Take many rows."""
        self._hold(arrow.batch_of(self.table, columns))

    def add_arrow(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take rows that a query gave, in its order."""
        for batch in batches:
            self._hold(
                pa.RecordBatch.from_arrays(
                    [batch.column(name).cast(self.table.arrow().field(name).type) for name in self.table.names],
                    schema=self.table.arrow(),
                )
            )

    @property
    def n_loose(self) -> int:
        """Rows that are dictionaries still."""
        return len(self._rows)

    def pack(self) -> None:
        """Make columns of the rows that are dictionaries still."""
        self._take_rows()

    @property
    def held_bytes(self) -> int:
        """Bytes of the rows that wait for a row group."""
        return self._held_bytes

    def flush(self) -> None:
        """Write the rows that wait, as a row group of their own."""
        self._flush()

    def settle(self) -> None:
        """Let the sieve see all rows that were taken: what one table says may close flows of another."""
        self._take_rows()
        self._sift()

    def close(self) -> None:
        """Write what is held and finish the file; a table without rows leaves no file."""
        self._take_rows()
        self._flush()
        if self._writer:
            self._writer.close()
            self._writer = None
            if self._sieve is not None and self._n_forgotten < len(self._sieve.forgotten):
                self._forget(self._sieve)

    def _take_rows(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            self._hold(arrow.rows_of(self.table, rows))

    def _hold(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self.n_rows += batch.num_rows
            self._raw.append(batch)
            self._held_rows += batch.num_rows
            self._held_bytes += batch.nbytes
            if self._held_rows >= ROW_GROUP_ROWS or self._held_bytes >= ROW_GROUP_BYTES:
                self._flush()

    def _sift(self) -> None:
        """Let the sieve see what it has not seen; a price per call and column makes many rows at a time cheaper."""
        raw, self._raw = self._raw, []
        if not raw or self._sieve is None:
            self._held += raw
            return
        for batch in pa.Table.from_batches(raw).combine_chunks().to_batches():
            left = self._sieve.sift(self.table, batch)
            self.n_rows -= batch.num_rows - left.num_rows
            if left.num_rows:
                self._held.append(left)

    def _flush(self) -> None:
        self._sift()
        if not self._held:
            self._held_rows = self._held_bytes = 0
            return
        rows = pa.Table.from_batches(self._held)
        self._held, self._held_rows, self._held_bytes = [], 0, 0
        if self._sieve is not None:
            if self._n_forgotten < 0:
                self._n_forgotten = len(self._sieve.forgotten)
            rows = self._without_forgotten(rows, self._sieve)
            if not rows.num_rows:
                return
        if "ts_ns" in rows.column_names:
            ts_ns = rows["ts_ns"].to_numpy()
            if (np.diff(ts_ns) < 0).any():
                order = np.argsort(ts_ns, kind="stable")
                rows = rows.take(arrow.numbers(order, pa.int64()))
        self._writer = self._writer or self._open(rows.schema, rows.num_rows)
        self._writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)

    def _without_forgotten(self, rows: pa.Table, sieve: Sieve) -> pa.Table:
        left = sieve.without_forgotten(rows)
        self.n_rows -= rows.num_rows - left.num_rows
        return left

    def _forget(self, sieve: Sieve) -> None:
        """Write the file again without the flows that were forgotten after its first rows had been written."""
        whole = self._path.with_suffix(".whole")
        self._path.replace(whole)
        with pq.ParquetFile(whole) as file:
            for group in range(file.num_row_groups):
                rows = self._without_forgotten(file.read_row_group(group), sieve)
                if rows.num_rows:
                    self._writer = self._writer or self._open(rows.schema, rows.num_rows)
                    self._writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
        whole.unlink()
        if self._writer:
            self._writer.close()
            self._writer = None

    def _open(self, schema: pa.Schema, n_rows: int) -> pq.ParquetWriter:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        numbers = [name for name in schema.names if name in PLAIN_NUMBERS]
        return pq.ParquetWriter(
            self._path,
            schema,
            compression="zstd",
            compression_level=3,
            version="2.6",
            data_page_version="2.0",
            use_dictionary=[name for name in schema.names if name not in numbers],
            column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
            bloom_filter_options={
                name: {"ndv": max(64, min(n_rows, 50_000)), "fpp": 0.01} for name in schema.names if name in BLOOMED
            }
            or None,
        )
