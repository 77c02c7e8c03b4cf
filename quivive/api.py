"""What a user can do, once, in Python: inspect captures, open a case, ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive import __version__
from quivive.case.folder import CaseFolder, read_manifest
from quivive.engine import registry
from quivive.engine.inspect import Observer, Options
from quivive.engine.inspect import inspect as _inspect
from quivive.model.errors import UsageError
from quivive.store.query import CaseTables

if TYPE_CHECKING:
    import duckdb

CaptureName = str | Path


class Case:
    """A case folder, open for reading. `case.flows` and any other table by name; `case.sql` asks across them."""

    def __init__(self, path: CaptureName) -> None:
        """Open a case. Raises CaseError where the folder holds none."""
        self.path = Path(path)
        self.manifest = read_manifest(self.path)
        self._tables = CaseTables(self.path / "tables", registry.tables().values())

    @property
    def is_partial(self) -> bool:
        """Whether reading stopped before the end of the captures."""
        return self.manifest.get("status") != "complete"

    def brief(self) -> str:
        """Return the brief: one screen of what was read, not seen and found."""
        path = self.path / "brief.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else "This case has no brief: reading was stopped.\n"

    def names(self) -> list[str]:
        """Return the names of all tables."""
        return self._tables.names()

    def table(self, name: str, *, where: str = "", limit: int | None = None) -> duckdb.DuckDBPyRelation:
        """Return one table as a relation (.df(), .pl(), .to_arrow_table()). Raises UsageError for an unknown name."""
        if name not in self.names():
            raise UsageError(f"{name!r} is no table of this case; it has {', '.join(self._tables.present)}")
        return self._tables.select(name, where, limit)

    def sql(self, query: str, **values: Any) -> duckdb.DuckDBPyRelation:
        """Run a SELECT over the tables; `$name` in the query takes its value from `values`."""
        return self._tables.relation(query, **values)

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What deserves a look, gravest first."""
        return list(self._tables.sql("SELECT * FROM findings ORDER BY severity_rank DESC, finding_id"))

    def __getattr__(self, name: str) -> duckdb.DuckDBPyRelation:
        if name.startswith("_") or name not in self.names():
            raise AttributeError(name)
        return self.table(name)

    def close(self) -> None:
        """Let go of the files."""
        self._tables.close()

    def __enter__(self) -> Case:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def inspect(
    captures: CaptureName | Iterable[CaptureName], out: CaptureName = "case", *, own_networks: Sequence[str] = (),
    replace: bool = False, observer: Observer = lambda _: None, measure: Callable[[str], None] = lambda _: None,
) -> Case:
    """Read captures into a case folder and open it; "-" is standard input.

    own_networks: the organisation's address ranges; without any, private addresses count as own.
    Raises CaptureError, CaseError or UsageError, each with one clear line.
    """
    names = [captures] if isinstance(captures, str | Path) else list(captures)
    if not names:
        raise UsageError("no capture given; name one or more capture files, or - for standard input")
    folder = CaseFolder.prepare(Path(out), [Path(name).name for name in names], __version__, replace=replace)
    paths = [None if str(name) == "-" else Path(name) for name in names]
    _inspect(paths, folder, Options(own_networks=tuple(own_networks)), observer, measure)
    return Case(out)
