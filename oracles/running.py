"""Inspect captures, a few at a time, and let every oracle compare."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from oracles import sources
from oracles.adapter import Adapter, Score, Seen
from oracles.disputes import settled
from oracles.worker import prepare
from quivive import __version__
from quivive.case.folder import CaseFolder
from quivive.engine import registry
from quivive.engine.captures import CaptureSet
from quivive.engine.inspect import Options, inspect
from quivive.kit import shelf
from quivive.model.errors import Error
from quivive.store.query import CaseTables

WORKERS = 2
TASKS_PER_WORKER = 300
"""After so many captures a worker is replaced, so that nothing a run leaves behind can pile up."""

FAULT_CHARACTERS = 600
"""How much is shown of a fault: its last calls."""


class Task(NamedTuple):
    """One capture and what the oracles say of it, by oracle.

    cases: where cases are kept between runs, for work on the comparisons alone; None: nowhere
    """

    corpus: Path
    file: str
    truths: dict[str, Any]
    cases: Path | None = None


class Outcome(NamedTuple):
    """Scores of one capture by oracle, or why it could not be read."""

    file: str
    scores: dict[str, list[Score]]
    trouble: str = ""


def adapters(only: Iterable[str] = ()) -> dict[str, type[Adapter]]:
    """Return the oracles by name."""
    found: dict[str, type[Adapter]] = shelf.load(sources, Adapter)
    wanted = set(only)
    return {name: kind for name, kind in found.items() if not wanted or name in wanted}


def tasks(corpus: Path, kinds: dict[str, type[Adapter]], pattern: str = "", *, cases: Path | None = None) -> list[Task]:
    """Return every capture of which an oracle speaks and that is there, by name."""
    truths: dict[str, dict[str, Any]] = {}
    for name, kind in kinds.items():
        for file, truth in kind.truths(corpus).items():
            if pattern in file and (corpus / file).is_file():
                truths.setdefault(file, {})[name] = truth
    return [Task(corpus, file, said, cases) for file, said in sorted(truths.items())]


def run(work: list[Task]) -> Iterator[Outcome]:
    """Compare all captures, two at a time, in order."""
    with get_context("spawn").Pool(WORKERS, prepare, maxtasksperchild=TASKS_PER_WORKER) as pool:
        yield from pool.imap(compare, work, chunksize=4)


def compare(task: Task) -> Outcome:
    """Inspect one capture, once for all oracles, and compare it with what each of them says."""
    kinds = adapters(task.truths)
    out = Path(tempfile.mkdtemp(prefix="oracle-"))
    try:
        with contextlib.closing(CaseTables(_case(task, out) / "tables", registry.tables().values())) as case:
            seen = Seen(case)
            scores = {
                name: list(settled(name, task.file, kinds[name].compare(truth, seen)))
                for name, truth in task.truths.items()
            }
    except Exception as error:  # a fault is a result of the comparison, and the next capture waits
        said = str(error) if isinstance(error, Error) else traceback.format_exc()[-FAULT_CHARACTERS:]
        return Outcome(task.file, {name: [Score("captures read", "", 0, 1, said)] for name in task.truths}, said)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return Outcome(task.file, scores)


def _case(task: Task, scratch: Path) -> Path:
    """Return the capture's case: the one that was kept, or a new one, in the scratch folder or to be kept."""
    kept = task.cases / task.file if task.cases is not None else scratch / "case"
    if not (kept / "case.toml").is_file():
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        _read(task.corpus / task.file, kept)
    return kept


def _read(capture: Path, out: Path) -> None:
    """Read one capture into a case, without asking the detectors: what others say of them is no matter here.

    Keys that lie beside the capture, as its name with .keylog, are its owner's.
    """
    keys = tuple(path for path in (Path(f"{capture}.keylog"),) if path.is_file())
    with CaptureSet([capture]) as opened:
        folder = CaseFolder.prepare(out, [capture.name], __version__)
        inspect(opened, folder, Options(with_findings=False, keys=keys))
