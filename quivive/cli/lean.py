"""What a command does not wait for: libraries that its own libraries would like to have."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import Any

COLLECT_EVERY = 50_000
"""Objects made between two looks for reference cycles: reading modules makes many objects and no cycles."""


MMAP_THRESHOLD, ARENA_MAX = -3, -8
"""Numbers of glibc's mallopt(3)."""

LARGE_BYTES = 1 << 20
"""Blocks that go back to the system when they are freed."""

ARENAS = 2


class _NoFrames:
    """Finds no pandas: where it is installed, Arrow reads it before its first array, for a third of a second."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Leave every other module to the other finders."""
        if name == "pandas":
            raise ModuleNotFoundError("a command needs no pandas", name=name)


def start_lean() -> None:
    """Make ready for one command in a process of its own: no data frames, no threads for linear algebra."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.meta_path.insert(0, _NoFrames())
    gc.set_threshold(COLLECT_EVERY)


def steady_memory() -> None:
    """Have large blocks go back to the system, where the C library is GNU's.

    It would keep them for itself, more and more of them in pieces: after 3 GB of packets, 200 MB that hold nothing.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with contextlib.suppress(OSError, AttributeError, TypeError):
        import ctypes

        set_option = ctypes.CDLL(None).mallopt
        set_option(MMAP_THRESHOLD, LARGE_BYTES)
        set_option(ARENA_MAX, ARENAS)
