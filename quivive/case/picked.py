"""Rows that a case gave, and the ways out of it; each is an entry of the audit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from quivive.case.custody import Custody
from quivive.case.heard import Heard
from quivive.store import formats


class Picked:
    """Rows that a case gave, and the ways out of it."""

    def __init__(self, found: Any, what: str, custody: Custody) -> None:
        """what: as the audit names them."""
        self.arrow = found
        self._what = what
        self._custody = custody

    def rows(self) -> list[dict[str, Any]]:
        """Return them as dictionaries."""
        return list(self.arrow.to_pylist())

    def write(self, form: str, file: BinaryIO) -> None:
        """Write them as csv, json, jsonl, arrow (IPC stream) or parquet; the audit holds the hash of it."""
        with self.exporting(form, file) as heard:
            formats.write(self.arrow, form, heard)

    @contextlib.contextmanager
    def exporting(self, form: str, file: BinaryIO) -> Iterator[BinaryIO]:
        """Give a file to write to: before, the audit says that rows leave the case, and afterwards what was written."""
        self._custody.record("export", self._what, form=form, rows=self.arrow.num_rows)
        heard = Heard(file)
        yield cast(BinaryIO, heard)
        self._custody.record("exported", self._what, form=form, sha256=heard.sha256, bytes=heard.n_bytes)
