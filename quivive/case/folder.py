"""The case folder: what it holds, who may write into it, and whether it is whole.

case.toml            what was read, by which version, whether reading came to its end
tables/NAME/*.parquet
brief.txt            one screen for people
names.sealed         the names behind pseudonyms, each sealed on its own
standing.json        whether it is held, or closed
SHA256SUMS           the hash of each of these (sums.py)
audit.*              who did what with it (trail.py); receipts/ and stamps/ belong to it
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quivive.case import standing
from quivive.case.access import Access, stamp
from quivive.case.custody import Custody
from quivive.case.sums import FILE as SUMS
from quivive.case.sums import Sums
from quivive.model.errors import CaseError

MANIFEST = "case.toml"
SCHEMA_VERSION = 1


class CaseFolder:
    """A case folder that is being written."""

    def __init__(self, path: Path, inputs: Sequence[str], version: str) -> None:
        self.path = path
        self.tables = path / "tables"
        self._inputs = list(inputs)
        self._version = version
        self._status = "reading"
        self._custody: Custody | None = None
        self._access = Access()

    @classmethod
    def prepare(
        cls,
        path: Path,
        inputs: Sequence[str],
        version: str,
        *,
        replace: bool = False,
        access: Access | None = None,
        mandate: Mapping[str, Any] | None = None,
    ) -> CaseFolder:
        """Make the folder ready and begin its audit; a case of the same input is written anew, its audit goes on.

        access, mandate: who reads and why; what the mandate says of itself.
        Raises CaseError with one line where the folder holds something else, is held, or cannot be written.
        """
        folder = cls(path, inputs, version)
        try:
            folder._refuse_foreign(replace)
            path.mkdir(parents=True, exist_ok=True)
            folder._access = access or Access()
            folder._custody = Custody(path, folder._access, mandate or {})
            folder._custody.record("inspect", f"captures: {len(inputs)}")
            folder._make_ready()
        except OSError as error:
            raise CaseError(
                f"{path}: the case folder cannot be written ({error.strerror}); choose another with --out"
            ) from error
        return folder

    def _refuse_foreign(self, replace: bool) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise CaseError(f"{self.path}: is a file, not a case folder; choose another with --out")
        if self.path.is_dir() and any(self.path.iterdir()):
            manifest = self.path / MANIFEST
            if not manifest.is_file():
                raise CaseError(f"{self.path}: holds files but no case; choose an empty folder with --out")
            held = read_manifest(self.path).get("inputs", [])
            if held != self._inputs and not replace:
                raise CaseError(
                    f"{self.path}: holds another case ({', '.join(map(str, held[:3])) or 'of unknown input'}); "
                    "choose another folder with --out, or --replace it"
                )
            standing.refuse_held(self.path, "writing it anew")

    def _make_ready(self) -> None:
        for name in (standing.FILE, SUMS, "brief.txt"):
            (self.path / name).unlink(missing_ok=True)
        if self.tables.exists():
            shutil.rmtree(self.tables)
        self.tables.mkdir()
        self._write({"status": "reading"})

    def finish(self, summary: dict[str, Any], *, is_whole: bool) -> None:
        """Write the manifest of a case that has been read, wholly or in part."""
        self._status = "complete" if is_whole else "partial"
        self._write({"status": self._status, **summary})

    def __enter__(self) -> CaseFolder:
        return self

    def __exit__(self, *_: object) -> None:
        """Hash all that was written; the audit says the hash of the list."""
        sums = Sums.of(self.path).write()
        if self._custody is not None:
            self._custody.record("inspected", self._status, sums=sums)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file into the case, whole or not at all."""
        scratch = self.path / (name + ".new")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(self.path / name)

    def _write(self, more: dict[str, Any]) -> None:
        read_at = stamp(self._access.clock())
        head = {"schema": SCHEMA_VERSION, "quivive": self._version, "inputs": self._inputs, "read_at": read_at}
        self.write_text(MANIFEST, toml_text(head | more))


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what case.toml says. Raises CaseError where there is none or it cannot be read."""
    manifest = path / MANIFEST
    if not manifest.is_file():
        raise CaseError(
            f"{path}: is no case folder (no {MANIFEST}); make one with `quivive inspect CAPTURE --out {path}`"
        )
    try:
        return tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CaseError(f"{manifest}: cannot be read ({error}); inspect the captures again") from error


def toml_text(values: dict[str, Any]) -> str:
    """Return a manifest as TOML: plain values first, then tables, then lists of tables."""
    plain = {key: value for key, value in values.items() if not _is_nested(value) and value is not None}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in values.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{_value(k)} = {_value(v)}" for k, v in value.items() if v is not None)]
        elif isinstance(value, list) and _is_nested(value):
            for item in value:
                lines += ["", f"[[{key}]]", *(f"{k} = {_value(v)}" for k, v in item.items() if v is not None)]
    return "\n".join(lines) + "\n"


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    return json.dumps(str(value))  # a JSON string is a TOML basic string
