"""What every batch of rows passes before it is held: rows that may not be kept go, and names are rewritten.

It stands in front of the files, so that rows from parsers, from kernels and from queries are treated alike. Work is
done once per distinct value; a text is looked at only where a quick search (RE2) says that it might matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from quivive.model.later import Later
from quivive.model.schema import Field, Table
from quivive.store import arrow

pc: Any = Later("pyarrow.compute")

WORDS_ONLY = re.compile(r"[\w@%]+(?:\|[\w@%]+)*")
"""A pattern that is nothing but words to be found: whether a column holds any is seen at a glance."""

LEAST_ECHO = 3
"""Names shorter than this stand in a text by chance."""


class Screen(Protocol):
    """Says which texts may not be kept."""

    def hint(self, field: str) -> str:
        """Return an RE2 pattern that every text to be judged matches; nothing where none is."""
        ...

    def excludes(self, field: str, text: str) -> bool:
        """Return whether a text may not be kept."""
        ...


class Step(NamedTuple):
    """A change of a field's texts: of those that match `hint` (RE2; nothing: of all)."""

    hint: str
    change: Callable[[str], str | None]


class Rewriting(Protocol):
    """Says how the texts of a field are rewritten."""

    def steps(self, table: Table, field: Field) -> list[Step]:
        """Return the changes, in order."""
        ...

    def echoes(self, table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return fields that hold a name, and fields of the same row whose texts may say it again."""
        ...


class Sieve:
    """One per case: remembers the flows of which nothing may be kept."""

    def __init__(
        self, rewriting: Rewriting | None = None, screen: Screen | None = None, row_only: Iterable[str] = ()
    ) -> None:
        """row_only: tables of which an excluded row goes alone; from all others the whole flow goes."""
        self._rewriting = rewriting
        self._screen = screen
        self._row_only = frozenset(row_only)
        self._steps: dict[str, dict[str, list[Step]]] = {}
        self.forgotten: set[int] = set()
        """Flows of which nothing is kept."""
        self.n_dropped_rows = 0

    def sift(self, table: Table, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return what may be kept of a batch, with names rewritten."""
        if self._screen is not None:
            batch = self._screened(table, batch, self._screen)
        if self._rewriting is None or not batch.num_rows:
            return batch
        columns = {name: batch.column(name) for name in batch.schema.names}
        self._echo(table, columns)
        for name, steps in self._steps_of(table).items():
            columns[name] = _changed(columns[name], steps)
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)

    def without_forgotten(self, rows: pa.Table) -> pa.Table:
        """Return rows without those of forgotten flows."""
        if not self.forgotten or "flow_id" not in rows.column_names:
            return rows
        gone = pc.is_in(rows["flow_id"], value_set=pa.array(sorted(self.forgotten), pa.int64()))
        return rows.filter(pc.invert(gone))

    def _screened(self, table: Table, batch: pa.RecordBatch, screen: Screen) -> pa.RecordBatch:
        closed = np.zeros(batch.num_rows, np.bool_)
        for field in table.fields:
            hint = screen.hint(field.name) if field.kind in ("text", "texts") else ""
            if hint:
                closed |= _excluded(batch.column(field.name), hint, field.name, screen)
        if not closed.any():
            return batch
        if "flow_id" in batch.schema.names and table.name not in self._row_only:
            flows = batch.column("flow_id").filter(arrow.numbers(closed, pa.bool_()))
            self.forgotten.update(flow for flow in flows.to_pylist() if flow is not None)
        self.n_dropped_rows += int(closed.sum())
        return batch.filter(arrow.numbers(~closed, pa.bool_()))

    def _steps_of(self, table: Table) -> dict[str, list[Step]]:
        known = self._steps.get(table.name)
        if known is None:
            assert self._rewriting is not None
            found = {field.name: self._rewriting.steps(table, field) for field in table.fields}
            known = self._steps[table.name] = {name: steps for name, steps in found.items() if steps}
        return known

    def _echo(self, table: Table, columns: dict[str, pa.Array]) -> None:
        """Rewrite names where other texts of the same row repeat them."""
        assert self._rewriting is not None
        names, texts = self._rewriting.echoes(table)
        for name in names:
            held = columns[name]
            if not texts or held.null_count == len(held):
                continue
            (step,) = self._steps_of(table)[name]
            spoken = held.to_pylist()
            for field in texts:
                if columns[field].null_count < len(held):
                    pairs = zip(columns[field].to_pylist(), spoken, strict=True)
                    columns[field] = pa.array([_echoed(text, who, step) for text, who in pairs], pa.string())


def _echoed(text: str | None, who: str | None, step: Step) -> str | None:
    if not text or not who or len(who) < LEAST_ECHO or who not in text:
        return text
    return re.sub(rf"(?<!\w){re.escape(who)}(?!\w)", lambda _: step.change(who) or "", text)


def _excluded(column: pa.Array, hint: str, field: str, screen: Screen) -> np.ndarray:
    """Return which rows hold a text that may not be kept, bool (n,)."""
    texts, rows = column, np.arange(len(column))
    if pa.types.is_list(column.type):
        texts, rows = column.flatten(), pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    hits = pc.fill_null(pc.match_substring_regex(texts, hint), False)
    which = np.flatnonzero(hits.to_numpy(zero_copy_only=False))
    known: dict[str, bool] = {}
    closed = np.zeros(len(column), np.bool_)
    for at, text in zip(which.tolist(), texts.take(arrow.numbers(which, pa.int64())).to_pylist(), strict=True):
        if text not in known:
            known[text] = screen.excludes(field, text)
        closed[rows[at]] |= known[text]
    return closed


def _changed(column: pa.Array, steps: list[Step]) -> pa.Array:
    """Return a column of texts, or of lists of texts, with the changes made."""
    if pa.types.is_list(column.type):
        values = _changed(column.values, steps)
        return pa.ListArray.from_arrays(column.offsets, values, mask=column.is_null() if column.null_count else None)
    for step in steps:
        column = _step(column, step)
    return column


def _step(column: pa.Array, step: Step) -> pa.Array:
    if column.null_count == len(column):
        return column
    if step.hint:
        if WORDS_ONLY.fullmatch(step.hint) and not _holds_any(column, step.hint.encode().split(b"|")):
            return column
        hits = pc.fill_null(pc.match_substring_regex(column, step.hint), False)
        which = np.flatnonzero(hits.to_numpy(zero_copy_only=False))
        if not which.size:
            return column
        new = _each(column.take(arrow.numbers(which, pa.int64())), step)
        return pc.replace_with_mask(column, hits, new)
    return _each(column, step)


def _holds_any(column: pa.StringArray, words: list[bytes]) -> bool:
    """Return whether any of these words stands somewhere in a column; it may stand across two texts, too."""
    said = column.buffers()[2]
    held = said.to_pybytes() if said is not None else b""
    return any(word in held for word in words)


def _each(column: pa.Array, step: Step) -> pa.Array:
    """Return every text changed; each distinct one is changed once."""
    coded = column.dictionary_encode()
    new = pa.array([None if text is None else step.change(text) for text in coded.dictionary.to_pylist()], pa.string())
    return new.take(coded.indices)
