"""SQL over the tables of a case: Parquet files seen through DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from quivive.model.errors import CaseError, UsageError
from quivive.model.later import Later
from quivive.model.schema import Table
from quivive.store.working import SQL_TYPES

MEMORY_LIMIT = "400MB"

if TYPE_CHECKING:
    import duckdb

    Relation = duckdb.DuckDBPyRelation
    """Rows that are not fetched yet: .df(), .pl(), .to_arrow_table()."""
else:
    duckdb = Later("duckdb")


class CaseTables:
    """The tables of one case folder, each known by its name; a table without rows is there, and empty."""

    def __init__(self, folder: Path, known: Iterable[Table], *, n_threads: int | None = None) -> None:
        """folder: the case's `tables` folder. Raises CaseError where a table cannot be read."""
        self._known = {table.name: table for table in known}
        self._db = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "autoinstall_known_extensions": "false"})
        self._db.execute("SET TimeZone = 'UTC'")
        if n_threads:
            self._db.execute(f"SET threads = {int(n_threads)}")
        self.present: list[str] = []
        """Names of the tables that hold rows."""
        for name in sorted({path.parent.name for path in folder.glob("*/*.parquet")}):
            self._view(name, sorted(folder.glob(f"{name}/*.parquet")))
        self._db.execute(";".join(_empty(table) for name, table in self._known.items() if name not in self.present))
        self._shut(folder)

    def _view(self, name: str, paths: list[Path]) -> None:
        try:
            self._db.read_parquet([str(path) for path in paths]).create_view(name)
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise CaseError(f"{paths[0]}: not a readable table ({first}); inspect the captures again") from error
        self.present.append(name)

    def _shut(self, folder: Path) -> None:
        """Let queries read the case's own files and nothing else on this machine."""
        place = str(folder.resolve()).replace("'", "''")
        self._db.execute(f"SET allowed_directories = ['{place}']")
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")

    def names(self) -> list[str]:
        """Return the names of all tables, with and without rows."""
        return sorted({*self.present, *self._known})

    def relation(self, query: str, **values: Any) -> duckdb.DuckDBPyRelation:
        """Return a SELECT as a lazy relation (.df(), .pl(), .arrow())."""
        return self._db.sql(self._checked(query), params=values or None)

    def _checked(self, query: str) -> str:
        """Return a query that only reads. Raises UsageError for any other."""
        try:
            statements = self._db.extract_statements(query)
        except duckdb.Error as error:
            raise UsageError(f"the query cannot be read: {str(error).splitlines()[0]}") from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise UsageError("a case is only read: give one SELECT")
        return query

    def select(self, name: str) -> duckdb.DuckDBPyRelation:
        """Return one table as a lazy relation."""
        return self._db.view(name)

    def picked(self, name: str, where: str, columns: str, limit: int | None) -> pa.Table:
        """Return rows of one table; `where` is a condition in SQL, `columns` names joined by commas."""
        try:
            relation = self._db.view(name)
            if where:
                relation = relation.filter(where)
            if columns:
                relation = relation.project(columns)
            return (relation.limit(limit) if limit is not None else relation).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(
                f"{name}: {str(error).splitlines()[0]}; `quivive fields {name}` lists its columns"
            ) from error

    def n_rows(self, name: str) -> int:
        """Return how many rows a table has."""
        (counted,) = self._db.view(name).count("*").fetchall()
        return int(counted[0])

    def arrow(self, query: str, **values: Any) -> pa.Table:
        """Run a SELECT; `$name` in the query takes its value from `values`."""
        try:
            return self.relation(query, **values).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"the query cannot be run: {str(error).splitlines()[0]}") from error

    def sql(self, query: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Run a SELECT and yield its rows."""
        yield from self.arrow(query, **values).to_pylist()

    def batches(self, query: str, **values: Any) -> Iterator[pa.RecordBatch]:
        """Run a SELECT and yield its rows in bounded batches."""
        yield from self._db.sql(query, params=values or None).to_arrow_reader(65_536)

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()


def _empty(table: Table) -> str:
    columns = ", ".join(f'"{field.name}" {SQL_TYPES[field.kind]}' for field in table.fields)
    return f'CREATE TABLE "{table.name}" ({columns})'
