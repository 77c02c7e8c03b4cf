"""Removing what is past its term: rows by class, objects, the sealed names that nothing points to; with a receipt.

The bytes leave the case's files; what a file system, a backup or a snapshot keeps of them is not reached.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quivive.case import receipt, standing
from quivive.case.access import stamp
from quivive.case.lock import locked
from quivive.case.opened import Opened
from quivive.mandate import retention
from quivive.mandate.retention import Terms, told_terms
from quivive.mandate.sealed import FILE as SEALED
from quivive.mandate.sealed import LINE_BYTES
from quivive.model.errors import CaseError
from quivive.store import expire

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PSEUDONYM = "(?:user|host|mail)-[a-z2-7]{13}"
BRIEF = "brief.txt"
LOCK = "audit.lock"
"""One process removes at a time; the others find that it has been done."""

OBJECTS = "content"


class Gone(NamedTuple):
    """What went from one table, or of one kind of files."""

    what: str
    record_class: str
    n: int
    before: str

    def told(self) -> dict[str, str | int]:
        """Return it as a receipt says it."""
        return {"what": self.what, "class": self.record_class, "n": self.n, "before": self.before}


class Purged(NamedTuple):
    """What was removed."""

    gone: tuple[Gone, ...]
    receipt: str
    """Name of the receipt; empty where nothing was past its term."""


class Change(NamedTuple):
    """What becomes of one file."""

    name: str
    left: Path | None
    """File that takes its place; None where it goes."""
    gone: Gone


class Overdue(NamedTuple):
    """A file with rows past their term."""

    name: str
    column: str
    """Column with the rows' times; empty where the whole file goes."""
    record_class: str
    before: datetime


def overdue(opened: Opened, now: datetime) -> list[Overdue]:
    """Return the files that hold what is past its term."""
    read_at = _read_at(opened)
    if read_at is None:
        return []
    closed = standing.load(opened.path).closed
    due = retention.terms(told_terms(opened.manifest), read_at, closed, now)
    return [*_tables_due(opened.path, due, read_at), *_objects_due(opened.path, due, read_at)]


def _read_at(opened: Opened) -> datetime | None:
    """Return when the captures were read; None where reading was broken off: nothing can be compared then."""
    if opened.is_broken_off:
        return None
    try:
        return datetime.fromisoformat(str(opened.manifest.get("read_at"))).astimezone(UTC)
    except ValueError as error:
        raise CaseError(f"{opened.path}: does not say when it was read; inspect the captures again") from error


def _tables_due(case: Path, due: Terms, read_at: datetime) -> Iterator[Overdue]:
    for path in sorted((case / "tables").glob("*/*.parquet")):
        name, table = path.relative_to(case).as_posix(), path.parent.name
        record_class = retention.class_of(table)
        before = due.before[record_class]
        column = next((one for one in retention.TIMES if one in expire.columns_of(path)), "")
        if due.counts_from_reading or not column:
            if read_at < before:
                yield Overdue(name, "", record_class, before)
        elif (oldest := expire.oldest(path, column)) is not None and oldest < before:
            yield Overdue(name, column, record_class, before)


def _objects_due(case: Path, due: Terms, read_at: datetime) -> Iterator[Overdue]:
    before = due.before[retention.RAW]
    if read_at < before:
        for path in sorted((case / OBJECTS).rglob("*")):
            if path.is_file():
                yield Overdue(path.relative_to(case).as_posix(), "", retention.RAW, before)


def purge(opened: Opened, key: Callable[[], Ed25519PrivateKey], write_brief: Callable[[], None]) -> Purged:
    """Remove what is past its term and sign for it; nothing where nothing is. Raises CaseError where the case is held.

    key: gives the key that signs; write_brief: writes the brief of what is left.
    """
    now = opened.custody.access.clock()
    if not overdue(opened, now):
        return Purged((), "")
    standing.refuse_held(opened.path, "removing anything of it")
    try:
        with (opened.path / LOCK).open("a+b") as file, locked(file, str(opened.path / LOCK)):
            opened.sums.reload()
            due = overdue(opened, now)
            return _purge(opened, due, now, key, write_brief) if due else Purged((), "")  # else another has done it
    except OSError as error:
        raise CaseError(
            f"{opened.path}: holds what is past its term, and it cannot be removed here ({error.strerror}); copy "
            "the case where it can be written"
        ) from error


def _purge(
    opened: Opened,
    due: list[Overdue],
    now: datetime,
    key: Callable[[], Ed25519PrivateKey],
    write_brief: Callable[[], None],
) -> Purged:
    opened.check(*(one.name for one in due))
    opened.custody.record("purge", f"{len(due)} files hold what is past its term")
    changes = [_without(opened.path, one) for one in due]
    changes += _without_names(opened, changes, now)
    gone = tuple(change.gone for change in changes)
    name = _put(opened, changes, now, key())
    write_brief()
    opened.sums.put(BRIEF)
    opened.custody.record("brief written", sums=opened.sums.write())
    return Purged(gone, name)


def _put(opened: Opened, changes: list[Change], now: datetime, key: Ed25519PrivateKey) -> str:
    """Put the new files in the place of the old, list them and sign; returns the receipt's name.

    All that takes time has been done: what breaks off before leaves the case as it was.
    """
    (opened.path / BRIEF).unlink(missing_ok=True)
    opened.sums.drop(BRIEF)
    for change in changes:
        _replace(opened, change)
    manifest = hashlib.sha256(opened.sums.text().encode("utf-8")).hexdigest()
    said: dict[str, Any] = {
        "schema": 1,
        "at": stamp(now),
        "mandate": opened.manifest.get("mandate", {}).get("digest", ""),
        "removed": [change.gone.told() for change in changes],
        "manifest": manifest,
    }
    name, digest = receipt.write(opened.path, said, key)
    opened.sums.write()
    n = sum(change.gone.n for change in changes)
    opened.custody.record("purged", f"{n} rows, objects and names", receipt=name, receipt_sha256=digest, sums=manifest)
    return name


def _replace(opened: Opened, change: Change) -> None:
    path = opened.path / change.name
    if change.left is None:
        path.unlink()
        opened.sums.drop(change.name)
    else:
        change.left.replace(path)
        opened.sums.put(change.name)


def _without(case: Path, due: Overdue) -> Change:
    """Write a file without what is past its term beside it."""
    path = case / due.name
    is_table = due.name.startswith("tables/")
    if due.column:
        left, n = expire.cut(path, due.column, due.before)
    else:
        left, n = None, expire.n_rows(path) if is_table else 1
    what = path.parent.name if is_table else OBJECTS
    return Change(due.name, left, Gone(what, due.record_class, n, stamp(due.before)))


def _without_names(opened: Opened, changes: list[Change], now: datetime) -> list[Change]:
    """Write the sealed names without those of pseudonyms that no table will show any more."""
    path = opened.path / SEALED
    if not path.exists():
        return []
    opened.check(SEALED)
    tables = {one.relative_to(opened.path).as_posix(): one for one in (opened.path / "tables").rglob("*.parquet")}
    tables |= {change.name: change.left for change in changes if change.left is not None}
    for change in changes:
        if change.left is None:
            tables.pop(change.name, None)
    shown = expire.matches_in(tables.values(), PSEUDONYM)
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if len(line) <= LINE_BYTES and json.loads(line).get("pseudonym") in shown]
    if len(kept) == len(lines):
        return []
    scratch = path.with_name(f"{SEALED}.new")
    scratch.write_bytes(b"".join(kept))
    return [Change(SEALED, scratch, Gone(SEALED, retention.FLOWS, len(lines) - len(kept), stamp(now)))]
