"""Every detector asked of a case: what is at hand for them, what they found, what they could not judge."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from quivive import detectors
from quivive.engine.border import shielded
from quivive.kit import shelf
from quivive.kit.destinations import NOT_A_PLACE
from quivive.kit.detector import DERIVED, FLOW_COLUMNS, NOWHERE, SCOPE, Detector
from quivive.kit.finding_words import span_text
from quivive.model.finding import Finding
from quivive.model.schema import Table
from quivive.store.working import WorkingTables

AT_A_TIME = 2
"""Detectors asked at a time: small cases cost planning more than reading, and that is one thread's work."""


@dataclass
class Answers:
    """What all detectors said.

    found:      the findings with the detector that says so, gravest first
    failed:     detectors with a fault: their question was not answered
    not_judged: what could not be judged, by detector
    no_rows:    detectors that were not asked, for want of the tables they read
    """

    found: list[tuple[type[Detector], Finding]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_judged: dict[str, str] = field(default_factory=dict)
    no_rows: list[str] = field(default_factory=list)


def working_tables(folder: Path, known: Mapping[str, Table], *, n_threads: int = 2) -> WorkingTables:
    """Return the tables of a case as detectors see them."""
    tables = WorkingTables(folder, known, n_threads=n_threads)
    tables.open("flows", FLOW_COLUMNS)
    tables.derive("nowhere", NOWHERE, of="flows", not_a_place=NOT_A_PLACE)
    for name, query in DERIVED.items():
        tables.derive(name, query, of="flows")
    tables.settle()
    return tables


@functools.cache
def on_shelf() -> tuple[type[Detector], ...]:
    """Return all detectors, by name."""
    return tuple(shelf.load(detectors, Detector).values())


def ask_all(tables: WorkingTables, *, is_strict: bool) -> Answers:
    """Ask every detector on the shelf."""
    answers = Answers()
    tables.has("captures")
    (scope,) = tables.sql(SCOPE)
    asked = [detector for detector in on_shelf() if _has_rows(detector, tables, scope, answers)]
    for name in {name for detector in asked for name in detector.may_read}:
        tables.has(name)
    for answer in _ask_each(asked, tables, int(scope["last_ns"]), is_strict=is_strict):
        answers.found += answer.found
        answers.failed += answer.failed
        answers.not_judged |= answer.not_judged
    answers.found.sort(
        key=lambda pair: (-pair[1].severity, -pair[1].confidence, pair[0].name, pair[1].who, pair[1].what)
    )
    return answers


def _has_rows(detector: type[Detector], tables: WorkingTables, scope: dict[str, Any], answers: Answers) -> bool:
    """Return whether the case holds what a detector needs; what a longer capture would show is said."""
    floor = detector.floor
    is_enough = (
        scope["n_flows"] >= floor.n_flows
        and scope["n_outward"] >= floor.n_outward
        and scope["out_bytes"] >= floor.out_bytes
        and all(tables.has(name) for name in detector.reads)
        and any([tables.has(name) for name in detector.reads_one_of] or [True])
    )
    if not is_enough:
        answers.no_rows.append(detector.name)
    elif scope["span_ns"] < floor.span_ns:
        answers.not_judged[detector.name] = f"shows from {span_text(floor.span_ns / 1e9)} on"
        return False
    return is_enough


def _ask_each(asked: list[type[Detector]], tables: WorkingTables, as_of_ns: int, *, is_strict: bool) -> list[Answers]:
    """Ask detectors, as many at a time as there are cursors; returns what each said, in their order."""
    cursors: SimpleQueue[WorkingTables] = SimpleQueue()
    for _ in range(AT_A_TIME):
        cursors.put(tables.twin())

    def _one(detector: type[Detector]) -> Answers:
        cursor = cursors.get()
        try:
            return _ask(detector, cursor, as_of_ns, is_strict=is_strict)
        finally:
            cursors.put(cursor)

    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="ask") as pool:
        answers = list(pool.map(_one, asked))
    while not cursors.empty():
        cursors.get().close()
    return answers


def _ask(detector: type[Detector], tables: WorkingTables, as_of_ns: int, *, is_strict: bool) -> Answers:
    """Ask one detector; a fault in it costs its own answer only, and is told."""
    answers = Answers()

    def _blame(error: Exception) -> None:
        if is_strict:
            raise error
        answers.failed.append(f"{detector.name} ({' '.join(repr(error).split())[:120]})")

    def _answer() -> list[Finding]:
        one = detector()
        reason = one.not_judged(tables)
        if reason:
            answers.not_judged[detector.name] = reason
        return list(one.run(tables, as_of_ns=as_of_ns))

    answers.found = [(detector, finding) for finding in shielded(_answer, _blame) or []]
    return answers
