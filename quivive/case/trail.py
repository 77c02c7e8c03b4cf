"""The audit of a case: lines are only added, each bound to the one before; a head says where it stands.

audit.jsonl   one entry a line
audit.head    where the chain stood when an entry was last written: after a crash it may be behind, never ahead
audit.roots   Merkle roots of each day and of each 1,000 entries that are over
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from quivive.case import entry as entries
from quivive.case.entry import ORIGIN, BadEntry, Entry
from quivive.case.lock import locked
from quivive.case.merkle import Merkle
from quivive.mandate.canonical import canonical
from quivive.model.errors import CaseError

AUDIT, HEAD, ROOTS = "audit.jsonl", "audit.head", "audit.roots"
FILES = (AUDIT, HEAD, ROOTS)
BLOCK = 1000
"""Entries under one root."""


@dataclass(frozen=True)
class Head:
    """Where a chain stands."""

    n: int = 0
    """Entries so far."""
    hash: str = ORIGIN
    """Hash of the last one."""
    size: int = 0
    """Bytes of the audit."""
    last_at: int = 0
    """Where the last line begins."""
    block_at: int = 0
    """Where the lines begin that wait for the root of their thousand."""
    day: str = ""
    """Day (UTC) of the last entry."""
    day_first: int = 0
    """Number of the first entry of that day."""
    day_at: int = 0
    roots_size: int = 0
    """Bytes of the list of roots."""
    sums: str = ""
    """SHA-256 of the case's list of hashes, as the audit last said it."""
    origin: str = ORIGIN
    """What the first entry is bound to."""

    def after(self, entry: Entry, line: bytes) -> Head:
        """Return the head one entry later."""
        day = str(entry.get("at", ""))[:10]
        at, end = self.size, self.size + len(line) + 1
        is_new = day != self.day
        return dataclasses.replace(
            self,
            n=self.n + 1,
            hash=entry["hash"],
            size=end,
            last_at=at,
            block_at=at if self.n % BLOCK == 0 else self.block_at,
            day=day,
            day_first=self.n if is_new else self.day_first,
            day_at=at if is_new else self.day_at,
            sums=str(entry.get("sums", self.sums)),
        )


class Trail:
    """Writes the audit in one folder."""

    def __init__(self, folder: Path, origin: str = ORIGIN) -> None:
        """origin: hash that the first entry is bound to, where the chain goes on from another."""
        self.folder = folder
        self._origin = origin

    def append(self, said: Entry) -> Entry:
        """Write one entry, to the disk before it returns it. Raises CaseError where that cannot be done."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / AUDIT).open("a+b") as file, locked(file, str(self.folder / AUDIT)):
                head, lost = self._caught_up(file)
                if lost:
                    told = {**said, "action": "recover", "object": _lost_text(lost)}
                    head = self._write(file, head, {k: v for k, v in told.items() if k in RECOVERY})[0]
                head, entry = self._write(file, head, said)
                self._write_head(head)
                return entry
        except OSError as error:
            raise CaseError(
                f"{self.folder}: the audit cannot be written ({error.strerror}), and nothing is read without it; "
                "copy the case where it can, or name a folder with --audit"
            ) from error

    def _write(self, file: BinaryIO, head: Head, said: Entry) -> tuple[Head, Entry]:
        line = entries.line_of(said, head.n, head.hash)
        entry: Entry = json.loads(line)
        head = self._with_roots(file, head, entry)
        file.seek(0, os.SEEK_END)
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
        return self._block_done(file, head.after(entry, line)), entry

    def head(self) -> Head:
        """Return where the chain stands. Raises CaseError for a head that is none."""
        path = self.folder / HEAD
        try:
            head = _read_head(path.read_bytes())
        except FileNotFoundError as error:
            if (self.folder / AUDIT).exists() and (self.folder / AUDIT).stat().st_size:
                raise CaseError(f"{path}: is missing; put it back (`quivive verify` says more)") from error
            return Head(hash=self._origin, origin=self._origin)
        except (ValueError, TypeError, RecursionError) as error:
            raise CaseError(f"{path}: was changed; put it back (`quivive verify` says more)") from error
        return head

    def _caught_up(self, file: BinaryIO) -> tuple[Head, bytes]:
        """Return the head after all entries there are, and the piece of a line that a crash left, taken out."""
        if not (self.folder / HEAD).exists() and not os.fstat(file.fileno()).st_size:
            self._write_head(Head(hash=self._origin, origin=self._origin))
        head = self.head()
        self._refuse_cut(file, head)
        file.seek(head.size)
        *whole, rest = file.read().split(b"\n")
        for line in whole:
            try:
                entry = entries.read(line, head.n, head.hash)
            except BadEntry as error:
                raise CaseError(f"{self.folder / AUDIT}: entry {head.n} {error}; see `quivive verify`") from error
            head = self._block_done(file, self._with_roots(file, head, entry).after(entry, line))
        if rest:
            file.truncate(head.size)
        return head, rest

    def _refuse_cut(self, file: BinaryIO, head: Head) -> None:
        """Raise CaseError where the audit is shorter than its head says, or ends in another entry."""
        file.seek(head.last_at)
        last = file.read(head.size - head.last_at)
        if len(last) < head.size - head.last_at:
            raise CaseError(
                f"{self.folder / AUDIT}: was cut: it had {head.n} entries; put back the whole one (`quivive verify` "
                "says more)"
            )
        if head.n and not entries.is_sound(last, head.n - 1, head.hash):
            raise CaseError(f"{self.folder / AUDIT}: entry {head.n - 1} was changed; see `quivive verify`")

    def _with_roots(self, file: BinaryIO, head: Head, coming: Entry) -> Head:
        """Write the root of the day before, where the coming entry opens a new one."""
        if not head.day or head.day == str(coming.get("at", ""))[:10]:
            return head
        return self._add_root(file, head, "day", head.day_first, head.day_at)

    def _block_done(self, file: BinaryIO, head: Head) -> Head:
        return head if head.n % BLOCK else self._add_root(file, head, "block", head.n - BLOCK, head.block_at)

    def _add_root(self, file: BinaryIO, head: Head, kind: str, first: int, at: int) -> Head:
        file.seek(at)
        lines = file.read(head.size - at).split(b"\n")[:-1]
        line = root_line(kind, first, lines, head.hash)
        with (self.folder / ROOTS).open("a+b") as roots:
            roots.truncate(head.roots_size)  # what a crash left is written again
            roots.seek(0, os.SEEK_END)
            roots.write(line + b"\n")
        return dataclasses.replace(head, roots_size=head.roots_size + len(line) + 1)

    def _write_head(self, head: Head) -> None:
        scratch = self.folder / f"{HEAD}.new"
        scratch.write_bytes(canonical(dataclasses.asdict(head)) + b"\n")
        scratch.replace(self.folder / HEAD)


def _read_head(held: bytes) -> Head:
    """Return a head that was written. Raises ValueError or TypeError for what is none."""
    head = Head(**json.loads(held))
    if any(type(getattr(head, field.name)) is not type(field.default) for field in dataclasses.fields(Head)):
        raise TypeError
    return head


RECOVERY = ("at", "actor", "name", "action", "object", "mandate")


def _lost_text(lost: bytes) -> str:
    return f"{len(lost)} bytes of an entry that was not finished, SHA-256 {hashlib.sha256(lost).hexdigest()}"


def root_line(kind: str, first: int, lines: list[bytes], last_hash: str) -> bytes:
    """Return what is written of a root: over which entries, and the hash of the last of them."""
    tree = Merkle(lines)
    said = {"kind": kind, "first": first, "last": first + len(lines) - 1, "root": tree.root, "last_hash": last_hash}
    return canonical(said)
