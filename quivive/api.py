"""What a user can do, once, in Python: inspect captures, open a case, ask it."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive import __version__
from quivive.case import standing
from quivive.case.access import Access
from quivive.case.desk import audit_accept, audit_request, audit_roots, audit_stamp, close, hold, verify
from quivive.case.folder import CaseFolder
from quivive.case.opened import Opened, open_case
from quivive.case.picked import Picked
from quivive.case.signing import own_key
from quivive.engine import registry
from quivive.engine.captures import CaptureSet
from quivive.engine.cut import packets_of
from quivive.engine.inspect import Observer, Options, Progress
from quivive.engine.inspect import inspect as _inspect
from quivive.engine.rebrief import rewrite_brief
from quivive.flows.track import LONGEST_TIMEOUT_S, Timeouts
from quivive.mandate import desk as mandates
from quivive.mandate import document
from quivive.mandate.desk import Lists
from quivive.mandate.grant import NO_MANDATE, Grant
from quivive.mandate.pseudonyms import key_for
from quivive.mandate.retention import told_terms
from quivive.mandate.terms import Level
from quivive.model.errors import UsageError
from quivive.model.later import Later
from quivive.store.query import CaseTables

if TYPE_CHECKING:
    from quivive.case.pack import Sealed
    from quivive.case.purge import Purged
    from quivive.case.stamp import Authority, authority
    from quivive.case.verify import told
    from quivive.mandate.unmask import Request, Unmasked
    from quivive.register.answers import Question
    from quivive.register.build import Register
    from quivive.register.opened import answer_lines
    from quivive.store.query import Relation

packing: Any = Later("quivive.case.pack")
purging: Any = Later("quivive.case.purge")
exporting: Any = Later("quivive.mandate.exporting")
notices: Any = Later("quivive.mandate.notices")
unmasking: Any = Later("quivive.mandate.unmask")
canaries: Any = Later("quivive.register.canaries")
documents: Any = Later("quivive.documents.desk")
places: Any = Later("quivive.register.place_desk")
registers: Any = Later("quivive.register.opened")

LATER = {
    "Question": "quivive.register.answers",
    "Register": "quivive.register.build",
    "answer_lines": "quivive.register.opened",
    "authority": "quivive.case.stamp",
    "told": "quivive.case.verify",
}
"""Names that are brought when they are first asked for: reading captures needs none of them."""

CaptureName = str | Path


def __getattr__(name: str) -> Any:
    if name in LATER:
        return getattr(importlib.import_module(LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Case:
    """A case folder, open for reading. `case.flows` and any other table by name; `case.sql` asks across them."""

    def __init__(self, path: CaptureName, access: Access | None = None) -> None:
        """Open a case; every look into it is written into its audit first. access: who looks, and why.

        Raises CaseError where the folder holds none, where a file of it was changed, or where nothing can be written.
        """
        self.path = Path(path)
        self._opened = open_case(self.path, access or Access(), _words())
        self.manifest = self._opened.manifest
        self._custody = self._opened.custody
        self._custody.record("open")
        if told_terms(self.manifest) is not None and not standing.load(self.path).held_since:
            _purge(self._opened)
        self._tables = CaseTables(self.path / "tables", registry.tables().values())

    @property
    def is_partial(self) -> bool:
        """Whether reading stopped before the end of the captures."""
        return self.manifest.get("status") != "complete"

    def brief(self) -> str:
        """Return the brief: one screen of what was read, not seen and found."""
        path = self.path / "brief.txt"
        self._custody.record("brief")
        if path.exists():
            self._opened.check("brief.txt")
        return path.read_text(encoding="utf-8") if path.is_file() else "This case has no brief: reading was stopped.\n"

    def names(self) -> list[str]:
        """Return the names of all tables."""
        return self._tables.names()

    def table(self, name: str) -> Relation:
        """Return one table as a relation (.df(), .pl(), .to_arrow_table()). Raises UsageError for an unknown name."""
        self._known(name)
        self._look("table", name, name)
        return self._tables.select(name)

    def select(self, name: str, *, where: str = "", columns: str = "", limit: int | None = None) -> Picked:
        """Return rows of one table: those that meet a condition in SQL, only some columns, at most `limit`."""
        self._known(name)
        spoken = self._custody.spoken.query
        parts = [("where", spoken(where)), ("columns", spoken(columns)), ("limit", str(limit or ""))]
        what = " ".join([name, *(f"{key} {text}" for key, text in parts if text)])
        self._look("show", what, name if not where and not columns else "")
        return Picked(self._tables.picked(name, where, columns, limit), what, self._custody)

    def query(self, query: str, **values: Any) -> Picked:
        """Return the rows of a SELECT over the tables."""
        what = self._asked(query, values)
        return Picked(self._tables.arrow(query, **values), what, self._custody)

    def sql(self, query: str, **values: Any) -> Relation:
        """Return a SELECT over the tables as a relation; `$name` in the query takes its value from `values`."""
        self._asked(query, values)
        return self._tables.relation(query, **values)

    def _asked(self, query: str, values: dict[str, Any]) -> str:
        """Write a query down, without the names in it; returns how."""
        spoken = self._custody.spoken
        given = ", ".join(f"{spoken.query(name)}={spoken.value(value)}" for name, value in values.items())
        what = spoken.query(query) + (f" with {given}" if given else "")
        self._look("sql", what)
        return what

    def _look(self, action: str, what: str = "", table: str = "") -> None:
        """Write a look down, then hash again what it reads: one table, or all."""
        self._custody.record(action, what)
        self._opened.check_below(f"tables/{table}" if table else "tables")

    def contents(self) -> list[tuple[str, int, str]]:
        """Return name, number of rows and meaning of each table that holds rows."""
        self._look("contents")
        meanings = registry.tables()
        return [
            (name, self._tables.n_rows(name), meanings[name].meaning if name in meanings else "")
            for name in self._tables.present
        ]

    def follow(self, flow_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return every row of every table that belongs to one flow. Raises UsageError where there is no such flow."""
        self._look("follow", f"flow {int(flow_id)}")
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

    def register(
        self, *, declared: CaptureName | None = None, systems: CaptureName | None = None, entity: str = ""
    ) -> Register:
        """Return what left: one entry per own system, recipient group, kind of data and month.

        declared: CSV of declared transfers, to be compared    systems: CSV of the systems that should be seen
        Raises UsageError for a sheet that cannot be understood.
        """
        self._look("register", entity)
        sheets = registers.Sheets(
            Path(declared) if declared is not None else None, Path(systems) if systems is not None else None, entity
        )
        today = mandates.now_utc().date()
        return registers.of_case(self._tables, today, sheets, is_partial=self.is_partial)

    def told_register(self, made: Register, form: str = "text", language: str = "en") -> str:
        """Return a register of this case as text, csv or html, in en or fr; the audit says that it leaves the case."""
        self._custody.record("export", "register", form=form, rows=len(made.entries))
        return registers.rendered(made, form, language)

    def _known(self, name: str) -> None:
        if name not in self.names():
            raise UsageError(f"{name!r} is no table of this case; it has {', '.join(self._tables.present)}")

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What deserves a look, gravest first."""
        self._look("findings", "", "findings")
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
    access: Access | None = None,
    keys: CaptureName | Iterable[CaptureName] = (),
    checksums: bool = False,
    idle_timeout_s: float | None = None,
    active_timeout_s: float | None = None,
    observer: Observer = lambda _: None,
    measure: Callable[[str], None] = lambda _: None,
) -> Case:
    """Read captures into a case folder and open it; "-" is standard input.

    own_networks: the organisation's address ranges; without any, the mandate's, or else private addresses count as own.
    mandate: what opens levels above L1 and limits what is read; lists: who may sign it and which networks it may name.
    level: keep no more than this level. pseudonym_key: the user's own by default. access: who reads, and why.
    keys: files with keys of one's own TLS sessions; none is kept. checksums: verify and count them.
    idle_timeout_s, active_timeout_s: end flows after such silence, or such a time; flows/track.py has the defaults.
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
        timeouts=_timeouts(idle_timeout_s, active_timeout_s),
        keys=tuple(Path(name) for name in ([keys] if isinstance(keys, str | Path) else keys)),
        with_checksums=checksums,
    )
    with CaptureSet([None if str(name) == "-" else Path(name) for name in names]) as opened:
        folder = CaseFolder.prepare(
            Path(out),
            [Path(name).name for name in names],
            __version__,
            replace=replace,
            access=access or Access(),
            mandate=grant.told(),
        )
        _inspect(opened, folder, options, observer, measure)
    return Case(out, access)


def _timeouts(idle_s: float | None, active_s: float | None) -> Timeouts:
    """Return when flows end. Raises UsageError for a time that is none."""
    for seconds in (idle_s, active_s):
        if seconds is not None and not 0 < seconds <= LONGEST_TIMEOUT_S:
            raise UsageError(
                f"{seconds:g} s is no time-out for flows; give more than 0 and at most {LONGEST_TIMEOUT_S} s"
            )
    idle = {} if idle_s is None else dict.fromkeys(("open_tcp_idle_s", "tcp_idle_s", "other_idle_s"), idle_s)
    return Timeouts(**idle, **({} if active_s is None else {"longest_s": active_s}))


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
    access: Access | None = None,
) -> Unmasked:
    """Open the one pseudonym that a signed request names, under a mandate that grants names; it is written down first.

    Raises MandateError unless two people of the two roles, neither the requester, have signed the request.
    """
    path, held, who = Path(case), lists or Lists(), access or Access()
    asked = unmasking.load(Path(request))
    opened = open_case(path, dataclasses.replace(who, reason=asked.reason), _words())
    grant = mandates.grant_of(Path(mandate), held)
    key = key_for(path, Path(pseudonym_key) if pseudonym_key is not None else None)

    def _record(entry: dict[str, Any]) -> None:
        told = {name: value for name, value in entry.items() if name not in ("action", "object", "reason", "actor")}
        opened.custody.record("unmask", asked.pseudonym, requester=asked.requester, **told)

    return unmasking.unmask(path, asked, held.load_signers(), grant, key, _record, who.clock())


def ask_to_unmask(
    case: CaptureName, pseudonym: str, reason: str, requester: str, mandate: CaptureName, *, lists: Lists | None = None
) -> Request:
    """Return a request to open one pseudonym, to be written to a file and signed. Raises MandateError."""
    grant = mandates.grant_of(Path(mandate), lists)
    who = Access(reason=reason)
    made = unmasking.ask(Path(case), pseudonym, reason, requester, grant, who.clock())
    open_case(Path(case), who, _words()).custody.record("ask to unmask", made.pseudonym, requester=requester)
    return made


def notice(kind: str, language: str = "en", form: str = "md", *, mandate: CaptureName | None = None) -> str:
    """Return a paper that follows from a mandate: staff_notice, processing_record or dpia; or capability, of the build.

    language: en or fr; form: md or html. Raises MandateError.
    """
    held = document.load(Path(mandate)) if mandate is not None else None
    build = notices.Build(__version__, registry.protocols_read(), registry.questions_asked(), len(registry.tables()))
    return notices.notice(kind, language, form, held, build)


def _words() -> Iterator[str]:
    """Yield the names of tables and columns: in a query they name nobody."""
    for table in registry.tables().values():
        yield table.name
        yield from table.names


def purge(case: CaptureName, access: Access | None = None, key: CaptureName | None = None) -> Purged:
    """Remove what is past its term from a case, and sign for it. key: who signs; by default this machine's own.

    A case read under a mandate is purged whenever it is opened, too. Raises CaseError where it is held.
    """
    return _purge(open_case(Path(case), access or Access()), Path(key) if key is not None else None)


def _purge(opened: Opened, key: Path | None = None) -> Purged:
    return purging.purge(opened, lambda: own_key(key), lambda: rewrite_brief(opened.path, opened.manifest))


def seal(
    case: CaptureName,
    out: CaptureName,
    access: Access | None = None,
    *,
    mandate: CaptureName | None = None,
    lists: Lists | None = None,
    key: CaptureName | None = None,
    tsa: Authority | None = None,
    captures: Sequence[CaptureName] = (),
) -> Sealed:
    """Write an evidence pack of a case, which others can check with sha256sum and openssl.

    mandate: the one that the case was read under, with the lists it is checked by; it must grant packs.
    key: who signs; by default this machine's own. tsa: who stamps the time. captures: those that the case was read
    from, whose packets in scope go into the pack; needs level L4 and names. Raises CaseError, MandateError, UsageError.
    """
    with Case(case, access) as opened:
        held = exporting.mandate_of(opened.manifest, Path(mandate) if mandate is not None else None, lists or Lists())
        write_packets = packets_of(list(map(Path, captures)), opened._tables, held, lists) if captures else None
        extras = packing.Extras(own_key(Path(key) if key is not None else None), held, tsa, write_packets)
        return packing.seal(opened._opened, opened._tables, Path(out), extras)


def describe(name: str = "") -> list[tuple[str, str, str]]:
    """Return name, kind and meaning of a table's columns, or of all tables. Raises UsageError for an unknown name."""
    known = registry.tables()
    if not name:
        return [(table.name, f"{len(table.fields)} cols", table.meaning) for table in known.values()]
    if name not in known:
        raise UsageError(f"{name!r} is no table; there are {', '.join(known)}")
    return [(field.name, field.kind, field.meaning) for field in known[name].fields]


__all__ = [
    "Access", "Case", "Lists", "Picked", "Progress", "Question", "Register", "answer_lines", "ask_to_unmask",
    "audit_accept", "audit_request", "audit_roots", "audit_stamp", "authority", "canaries", "close", "describe",
    "documents", "hold", "inspect", "mandates", "notice", "purge", "seal", "places", "told", "unmask", "verify",
]  # fmt: skip
