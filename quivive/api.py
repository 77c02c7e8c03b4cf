"""What a user can do, once, in Python: inspect captures, open a case, ask it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from quivive import __version__
from quivive.case.folder import CaseFolder, read_manifest
from quivive.engine import registry
from quivive.engine.captures import CaptureSet
from quivive.engine.inspect import Observer, Options, Progress
from quivive.engine.inspect import inspect as _inspect
from quivive.mandate import desk as mandates
from quivive.mandate import document, notices
from quivive.mandate import unmask as unmasking
from quivive.mandate.canonical import canonical
from quivive.mandate.desk import Lists
from quivive.mandate.grant import NO_MANDATE, Grant
from quivive.mandate.notices import Build
from quivive.mandate.pseudonyms import key_for
from quivive.mandate.terms import Level
from quivive.mandate.unmask import Unmasked
from quivive.model.errors import UsageError
from quivive.store import formats
from quivive.store.query import CaseTables

if TYPE_CHECKING:
    from quivive.store.query import Relation

CaptureName = str | Path


class Picked:
    """Rows that a case gave, and the ways out of it."""

    def __init__(self, found: Any) -> None:
        self.arrow = found

    def rows(self) -> list[dict[str, Any]]:
        """Return them as dictionaries."""
        return list(self.arrow.to_pylist())

    def write(self, form: str, file: BinaryIO) -> None:
        """Write them as csv, json, jsonl, arrow (IPC stream) or parquet."""
        formats.write(self.arrow, form, file)


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

    def table(self, name: str) -> Relation:
        """Return one table as a relation (.df(), .pl(), .to_arrow_table()). Raises UsageError for an unknown name."""
        self._known(name)
        return self._tables.select(name)

    def select(self, name: str, *, where: str = "", columns: str = "", limit: int | None = None) -> Picked:
        """Return rows of one table: those that meet a condition in SQL, only some columns, at most `limit`."""
        self._known(name)
        return Picked(self._tables.picked(name, where, columns, limit))

    def query(self, query: str, **values: Any) -> Picked:
        """Return the rows of a SELECT over the tables."""
        return Picked(self._tables.arrow(query, **values))

    def sql(self, query: str, **values: Any) -> Relation:
        """Return a SELECT over the tables as a relation; `$name` in the query takes its value from `values`."""
        return self._tables.relation(query, **values)

    def contents(self) -> list[tuple[str, int, str]]:
        """Return name, number of rows and meaning of each table that holds rows."""
        meanings = registry.tables()
        return [
            (name, self._tables.n_rows(name), meanings[name].meaning if name in meanings else "")
            for name in self._tables.present
        ]

    def follow(self, flow_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return every row of every table that belongs to one flow. Raises UsageError where there is no such flow."""
        story: dict[str, list[dict[str, Any]]] = {}
        for name in ["flows", *(name for name in self._tables.present if name not in ("flows", "host_index"))]:
            table = registry.tables().get(name)
            if table is not None and "flow_id" in table.names:
                rows = self._tables.picked(name, f"flow_id = {int(flow_id)}", "", None).to_pylist()
                if rows:
                    story[name] = rows
        if "flows" not in story:
            raise UsageError(f"flow {flow_id} is not in this case; `quivive show {self.path} flows` lists them")
        return story

    def _known(self, name: str) -> None:
        if name not in self.names():
            raise UsageError(f"{name!r} is no table of this case; it has {', '.join(self._tables.present)}")

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What deserves a look, gravest first."""
        return list(self._tables.sql("SELECT * FROM findings ORDER BY severity_rank DESC, finding_id"))

    def __getattr__(self, name: str) -> Relation:
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
    captures: CaptureName | Iterable[CaptureName],
    out: CaptureName = "case",
    *,
    own_networks: Sequence[str] = (),
    mandate: CaptureName | None = None,
    lists: Lists | None = None,
    level: str = "",
    pseudonym_key: CaptureName | None = None,
    replace: bool = False,
    observer: Observer = lambda _: None,
    measure: Callable[[str], None] = lambda _: None,
) -> Case:
    """Read captures into a case folder and open it; "-" is standard input.

    own_networks: the organisation's address ranges; without any, the mandate's, or else private addresses count as own.
    mandate: what opens levels above L1 and limits what is read; lists: who may sign it and which networks it may name.
    level: keep no more than this level. pseudonym_key: the user's own by default.
    Raises CaptureError, CaseError, MandateError or UsageError, each with one clear line.
    """
    names = [captures] if isinstance(captures, str | Path) else list(captures)
    if not names:
        raise UsageError("no capture given; name one or more capture files, or - for standard input")
    grant = _grant(mandate, lists, level)
    options = Options(
        own_networks=tuple(own_networks),
        grant=grant,
        pseudonym_key=Path(pseudonym_key) if pseudonym_key is not None else None,
    )
    with CaptureSet([None if str(name) == "-" else Path(name) for name in names]) as opened:
        folder = CaseFolder.prepare(Path(out), [Path(name).name for name in names], __version__, replace=replace)
        _inspect(opened, folder, options, observer, measure)
    return Case(out)


def _grant(mandate: CaptureName | None, lists: Lists | None, level: str) -> Grant:
    """Return what is granted, cut to a level. Raises MandateError for a level that is not, or a mandate that fails."""
    grant = mandates.grant_of(Path(mandate), lists) if mandate is not None else NO_MANDATE
    if not level:
        return grant
    if level not in list(Level):
        raise UsageError(f"{level!r} is no level; choose one of {', '.join(Level)}")
    grant.require(Level(level))
    return dataclasses.replace(grant, levels=tuple(one for one in grant.levels if one <= level))


def unmask(
    case: CaptureName,
    request: CaptureName,
    mandate: CaptureName,
    *,
    lists: Lists | None = None,
    pseudonym_key: CaptureName | None = None,
) -> Unmasked:
    """Open the one pseudonym that a signed request names, under a mandate that grants names; it is written down first.

    Raises MandateError unless two people of the two roles, neither the requester, have signed the request.
    """
    path, held = Path(case), lists or Lists()
    read_manifest(path)
    grant = mandates.grant_of(Path(mandate), held)
    key = key_for(path, Path(pseudonym_key) if pseudonym_key is not None else None)
    asked = unmasking.load(Path(request))
    now = mandates.now_utc()
    return unmasking.unmask(path, asked, held.load_signers(), grant, key, lambda entry: _record(path, entry, now), now)


def ask_to_unmask(
    case: CaptureName, pseudonym: str, reason: str, requester: str, mandate: CaptureName, *, lists: Lists | None = None
) -> unmasking.Request:
    """Return a request to open one pseudonym, to be written to a file and signed. Raises MandateError."""
    grant = mandates.grant_of(Path(mandate), lists)
    return unmasking.ask(Path(case), pseudonym, reason, requester, grant, mandates.now_utc())


def notice(kind: str, language: str = "en", form: str = "md", *, mandate: CaptureName | None = None) -> str:
    """Return a paper that follows from a mandate: staff_notice, processing_record or dpia; or capability, of the build.

    language: en or fr; form: md or html. Raises MandateError.
    """
    held = document.load(Path(mandate)) if mandate is not None else None
    build = Build(__version__, registry.protocols_read(), registry.questions_asked(), len(registry.tables()))
    return notices.notice(kind, language, form, held, build)


def _record(case: Path, entry: dict[str, Any], now: datetime) -> None:
    """Write down that a name was opened, before it is shown."""
    with (case / "unmask.jsonl").open("ab") as file:
        file.write(canonical({"at": f"{now:%Y-%m-%dT%H:%M:%SZ}", **entry}) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def describe(name: str = "") -> list[tuple[str, str, str]]:
    """Return name, kind and meaning of a table's columns, or of all tables. Raises UsageError for an unknown name."""
    known = registry.tables()
    if not name:
        return [(table.name, f"{len(table.fields)} cols", table.meaning) for table in known.values()]
    if name not in known:
        raise UsageError(f"{name!r} is no table; there are {', '.join(known)}")
    return [(field.name, field.kind, field.meaning) for field in known[name].fields]


__all__ = [
    "Case",
    "Lists",
    "Picked",
    "Progress",
    "ask_to_unmask",
    "describe",
    "inspect",
    "mandates",
    "notice",
    "unmask",
]
