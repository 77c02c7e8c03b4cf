"""The case's list of hashes, SHA256SUMS: every file with its SHA-256, as `sha256sum -c` reads it too.

A file is hashed again whenever it is opened for reading; while a case stays open, only where its size, times or
inode have changed. Not listed are what grows or is signed on its own: the audit, receipts and time stamps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from quivive.model.errors import CaseError

FILE = "SHA256SUMS"
APART = re.compile(r"SHA256SUMS|audit\..*|receipts/.*|stamps/.*|.*\.new")
LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<name>[^\n\\]{1,1000})")
LIST_BYTES = 64 << 20
"""Longest list that is read: of some 400,000 files."""


class Sums:
    """Which files a case holds, and their hashes."""

    def __init__(self, case: Path, listed: dict[str, str] | None = None) -> None:
        self.case = case
        self.listed = listed or {}
        self._seen: dict[str, tuple[int, ...]] = {}
        """What the system said of each file when it was last hashed."""

    @classmethod
    def of(cls, case: Path) -> Sums:
        """Hash all that a folder holds."""
        sums = cls(case)
        for name in names_in(case):
            sums.put(name)
        return sums

    @classmethod
    def load(cls, case: Path) -> Sums:
        """Read the list. Raises CaseError where it is missing or none."""
        try:
            with (case / FILE).open("rb") as file:
                text = file.read(LIST_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CaseError(f"{case / FILE}: the list of hashes is missing or cannot be read; put it back") from error
        found = [LINE.fullmatch(line) for line in text.split("\n")[:-1]]
        if not all(found) or not text.endswith("\n"):
            raise CaseError(f"{case / FILE}: was changed: a line of it is no hash with a name; put it back")
        return cls(case, {line["name"]: line["sha256"] for line in found if line})

    def reload(self) -> None:
        """Read the list again: another process may have written it."""
        self.listed = Sums.load(self.case).listed

    def put(self, name: str) -> None:
        """Hash a file and list it."""
        self.listed[name] = self._hashed(name)

    def drop(self, name: str) -> None:
        """Take a file off the list."""
        self.listed.pop(name, None)

    def text(self) -> str:
        """Return the list as it is written."""
        return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(self.listed.items()))

    def write(self) -> str:
        """Write the list; returns its own SHA-256."""
        held = self.text().encode("utf-8")
        scratch = self.case / f"{FILE}.new"
        scratch.write_bytes(held)
        scratch.replace(self.case / FILE)
        return hashlib.sha256(held).hexdigest()

    @property
    def digest(self) -> str:
        """SHA-256 of the list as it lies in the case."""
        return sha256_of(self.case / FILE)

    def check(self, name: str) -> None:
        """Hash a file again. Raises CaseError where it is missing, not listed, or not what was listed."""
        fault = self.fault_of(name)
        if fault:
            raise CaseError(f"{self.case / name}: {fault}; put the file back, or inspect the captures again")

    def fault_of(self, name: str) -> str:
        """Return what is wrong with a file; empty where nothing is."""
        path = self.case / name
        if name not in self.listed:
            return f"is not in {FILE}: it was added"
        try:
            if path.is_symlink():
                return "is a link to another file"
            if self._seen.get(name) != _marks(path) and self._hashed(name) != self.listed[name]:
                return f"was changed: its SHA-256 is not that of {FILE}"
        except OSError as error:
            self._seen.pop(name, None)
            return f"is missing or cannot be read ({error.strerror})"
        return ""

    def check_below(self, folder: str) -> None:
        """Hash all files of a folder again. Raises CaseError for the first that is not what was listed."""
        found = {name for name in names_in(self.case) if name.startswith(f"{folder}/")}
        for name in sorted(found | {name for name in self.listed if name.startswith(f"{folder}/")}):
            self.check(name)

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with any file of the case: changed, missing, added."""
        for name in sorted(set(self.listed) | set(names_in(self.case))):
            fault = self.fault_of(name)
            if fault:
                yield f"{name}: {fault}"

    def _hashed(self, name: str) -> str:
        before = _marks(self.case / name)
        found = sha256_of(self.case / name)
        if found == self.listed.get(name, found):
            self._seen[name] = before
        return found


def names_in(case: Path) -> list[str]:
    """Return the files of a case that are listed, by their place in it."""
    names = (path.relative_to(case).as_posix() for path in case.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(name for name in names if not APART.fullmatch(name))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _marks(path: Path) -> tuple[int, ...]:
    told = path.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns
