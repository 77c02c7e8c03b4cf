"""Where rows go: one Parquet table per name, and the facts that belong into a flow's own row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np

from quivive.kit.protocol import Row
from quivive.model.case_tables import FLOWS
from quivive.model.columns import Columns, Spans, Taken
from quivive.model.schema import Table
from quivive.model.tables import ANOMALIES
from quivive.store.arrow import texts
from quivive.store.parquet import ParquetTable
from quivive.store.sieve import Sieve

FLOW_FACTS = ("server_name", "ja3", "ja4", "hassh")
"""Fields that, where a protocol's row has them, are shown in the flow's row too."""

CALLED_BY = {"http": "host", "dns": "query"}
"""Fields that tell what a flow was for by the name it used or asked for, where no server name is told; by table."""

HELD_ROWS = 8_192
"""Rows of dictionaries, some 2 kB each, that all tables together may hold back before they become columns."""

HELD_ROW_BYTES = 48 << 20
"""Bytes of rows that all tables together may hold back for their row groups."""


class Sink:
    """All tables of one case while it is being written."""

    def __init__(self, folder: Path, sieve: Sieve | None = None, only: Container[str] | None = None) -> None:
        """sieve: what rows pass before they are held; only: names of the tables that may be kept, None for all."""
        self._folder = folder
        self._sieve = sieve
        self._only = only
        self._tables: dict[str, ParquetTable] = {}
        self._facts: dict[str, tuple[str, ...]] = {}
        self.flow_facts: dict[int, dict[str, str]] = {}
        self.called: dict[int, str] = {}
        """The first name of CALLED_BY of each flow."""
        self.anomalies: Counter[str] = Counter()

    def add_rows(self, rows: list[Row], flow_id: int, ts_ns: int) -> None:
        """Take the rows that one message completed."""
        for table, values in rows:
            self.add(table, values, flow_id, ts_ns)

    def add(self, table: Table, values: dict[str, Any], flow_id: int, ts_ns: int) -> None:
        """Take one row."""
        if self._only is not None and table.name not in self._only:
            return
        writer = self._tables.get(table.name) or self._open(table)
        writer.add(flow_id, ts_ns, values)
        for name in self._facts[table.name]:
            value = values.get(name)
            if value:
                self.flow_facts.setdefault(flow_id, {}).setdefault(name, value)
        name = CALLED_BY.get(table.name)
        if name and values.get(name):
            self.called.setdefault(flow_id, values[name])

    def add_columns(self, table: Table, columns: Columns) -> None:
        """Take many rows; what belongs into the flows' own rows is taken from columns of distinct values."""
        if self._only is not None and table.name not in self._only:
            return
        (self._tables.get(table.name) or self._open(table)).add_columns(columns)
        for name in self._facts[table.name]:
            column = columns.get(name)
            if isinstance(column, Taken) and table is not FLOWS:
                self._show(name, column, np.asarray(columns["flow_id"]).tolist())
        if isinstance(columns.get(CALLED_BY.get(table.name, "")), Spans):
            self._call(columns["flow_id"], columns[CALLED_BY[table.name]])

    def _call(self, flow_id: Any, names: Any) -> None:
        """Keep the first name of each flow: text is made once per flow, not per row."""
        ids, first = np.unique(np.asarray(flow_id)[names.span >= 0], return_index=True)
        told = texts(Spans(names.data, names.span[names.span >= 0][first])).to_pylist()
        for one, name in zip(ids.tolist(), told, strict=True):
            self.called.setdefault(one, name)

    def _show(self, name: str, column: Taken, flow_ids: list[int]) -> None:
        for flow_id, which in zip(flow_ids, column.which.tolist(), strict=True):
            value = column.distinct[which]
            if value:
                self.flow_facts.setdefault(flow_id, {}).setdefault(name, value)

    def anomaly(self, place: str, anomaly: str, *, flow_id: int = -1, ts_ns: int = 0, **more: Any) -> None:
        """Write down what is odd."""
        self.anomalies[anomaly] += 1
        self.add(ANOMALIES, {"place": place, "anomaly": anomaly, **more}, flow_id, ts_ns)

    def n_rows(self) -> dict[str, int]:
        """Return the number of rows of each table so far."""
        return {name: table.n_rows for name, table in sorted(self._tables.items())}

    def trim(self) -> None:
        """Pack rows and write row groups early, fullest table first, while all tables together hold too much."""
        while sum(table.n_loose for table in self._tables.values()) > HELD_ROWS:
            max(self._tables.values(), key=lambda table: table.n_loose).pack()
        while sum(table.held_bytes for table in self._tables.values()) > HELD_ROW_BYTES:
            max(self._tables.values(), key=lambda table: table.held_bytes).flush()

    def close(self) -> None:
        """Finish all files."""
        for table in self._tables.values():
            table.settle()
        for table in self._tables.values():
            table.close()

    def _open(self, table: Table) -> ParquetTable:
        self._tables[table.name] = opened = ParquetTable(table, self._folder, self._sieve)
        self._facts[table.name] = tuple(name for name in FLOW_FACTS if name in table.names)
        return opened
