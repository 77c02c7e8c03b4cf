"""Rows past their term: how old a Parquet file's rows are, and the file again without those that are too old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from quivive.model.later import Later

pc: Any = Later("pyarrow.compute")

ROW_GROUP_ROWS = 200_000


def columns_of(path: Path) -> list[str]:
    """Return the names of a file's columns."""
    return list(pq.read_schema(path).names)


def oldest(path: Path, column: str) -> datetime | None:
    """Return the earliest time of a column; None where no row has one. Reads statistics where they are there."""
    found = []
    with pq.ParquetFile(path) as file:
        at = file.schema_arrow.get_field_index(column)
        for group in range(file.num_row_groups):
            told = file.metadata.row_group(group).column(at).statistics
            if told is not None and told.has_min_max:
                found.append(told.min)
            elif told is None or told.null_count != file.metadata.row_group(group).num_rows:
                found.append(pc.min(file.read_row_group(group, columns=[column])[column]).as_py())
    return min((moment for moment in found if moment is not None), default=None)


def n_rows(path: Path) -> int:
    """Return how many rows a file has."""
    return int(pq.read_metadata(path).num_rows)


def cut(path: Path, column: str, before: datetime) -> tuple[Path | None, int]:
    """Write a file without the rows older than a moment beside it; returns where (None: no row is left), how many went.

    The file itself stays as it is until the caller puts the other in its place.
    """
    scratch = path.with_suffix(".new")
    removed = kept = 0
    with pq.ParquetFile(path) as file, pq.ParquetWriter(scratch, file.schema_arrow, compression="zstd") as writer:
        for group in _groups(file):
            old = pc.less(group[column], pa.scalar(before, group[column].type))
            left = group.filter(pc.invert(pc.fill_null(old, fill_value=False)))
            removed, kept = removed + group.num_rows - left.num_rows, kept + left.num_rows
            if left.num_rows:
                writer.write_table(left, row_group_size=ROW_GROUP_ROWS)
    if kept:
        return scratch, removed
    scratch.unlink()
    return None, removed


def _groups(file: pq.ParquetFile) -> Iterator[pa.Table]:
    for group in range(file.num_row_groups):
        yield file.read_row_group(group)


def matches_in(paths: Iterable[Path], pattern: str) -> set[str]:
    """Return all matches of an RE2 pattern in the texts of some files."""
    found: set[str] = set()
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in _groups(file):
                for column in group.columns:
                    found |= _matches(column, pattern)
    return found


def _matches(column: pa.ChunkedArray, pattern: str) -> set[str]:
    kind = column.type
    if pa.types.is_list(kind):
        column, kind = pc.list_flatten(column), kind.value_type
    if not pa.types.is_string(kind):
        return set()
    texts = pc.unique(column.drop_null())
    found: set[str] = set()
    while len(texts):  # one match a round: RE2 gives the first of a text
        texts = texts.filter(pc.match_substring_regex(texts, pattern))
        first = pc.extract_regex(texts, f"(?P<found>{pattern})(?P<rest>(?s:.*))")
        if not len(first):
            break
        found |= set(pc.struct_field(first, 0).to_pylist())
        texts = pc.unique(pc.struct_field(first, 1))
    return found
