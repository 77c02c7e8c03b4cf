"""The progress bar: on stderr, and only where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quivive.api import Progress

REPAINTS_PER_S = 8


@contextlib.contextmanager
def watched(*, is_shown: bool) -> Iterator[Callable[[Progress], None]]:
    """Yield an observer that paints a bar: packets, bytes, rate, time left."""
    if not is_shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[packets]:,} packets"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=REPAINTS_PER_S,
    )
    with bar:
        yield _Painter(bar, bar.add_task("starting", total=None, packets=0))


class _Painter:
    """Moves the bar on; says so when the first batch makes kernels compile."""

    def __init__(self, bar: Any, task: Any) -> None:
        self._bar = bar
        self._task = task
        self._began = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        total = progress.total_bytes if progress.total_bytes >= 0 else None
        words = {
            "start": "starting",
            "compile": "compiling, once per machine",
            "read": "reading",
            "detect": "looking",
        }[progress.stage]
        self._bar.update(
            self._task, description=words, total=total, completed=progress.at_bytes, packets=progress.n_packets
        )
