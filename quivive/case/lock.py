"""One writer at a time: a lock on an open file, let go of by the system when its holder ends."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

from quivive.model.errors import CaseError

LONGEST_WAIT_S = 20.0
"""An entry takes milliseconds to write: who holds the lock for longer hangs."""

BETWEEN_TRIES_S = 0.005


@contextlib.contextmanager
def locked(file: BinaryIO, name: str) -> Iterator[None]:
    """Hold the lock of a file; waits for another holder. Raises CaseError where that one never lets go."""
    until = time.monotonic() + LONGEST_WAIT_S
    while not _try_lock(file):
        if time.monotonic() > until:
            raise CaseError(f"{name}: is held by another process for {LONGEST_WAIT_S:.0f} s; end that one, and retry")
        time.sleep(BETWEEN_TRIES_S)
    try:
        yield
    finally:
        _unlock(file)


if sys.platform == "win32":
    import msvcrt

    FAR_BYTE = 1 << 40
    """Windows locks bytes: one that no file reaches."""

    def _try_lock(file: BinaryIO) -> bool:
        return _far(file, msvcrt.LK_NBLCK)

    def _unlock(file: BinaryIO) -> None:
        _far(file, msvcrt.LK_UNLCK)

    def _far(file: BinaryIO, mode: int) -> bool:
        at = file.tell()
        file.seek(FAR_BYTE)
        try:
            msvcrt.locking(file.fileno(), mode, 1)
        except OSError:
            return False
        finally:
            file.seek(at)
        return True

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
