"""What a command does not wait for: libraries that its own libraries would like to have."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

COLLECT_EVERY = 50_000
"""Objects made between two looks for reference cycles: reading modules makes many objects and no cycles."""


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
