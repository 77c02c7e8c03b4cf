"""A file that is written through: what passes is hashed and counted."""

from __future__ import annotations

import hashlib
from typing import BinaryIO


class Heard:
    """Stands before a file that is open for writing."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.n_bytes = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of all that was written, in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, held: bytes) -> int:
        """Write on."""
        self._hash.update(held)
        self.n_bytes += len(memoryview(held).cast("B"))
        return self._file.write(held)

    def flush(self) -> None:
        """Hand on what the file holds back."""
        self._file.flush()

    def writable(self) -> bool:
        """Return that it is written."""
        return True

    def readable(self) -> bool:
        """Return that it is not read."""
        return False

    def seekable(self) -> bool:
        """Return that it only goes on."""
        return False

    def close(self) -> None:
        """Leave the file open: who opened it closes it."""
