"""Columns of many rows, as kernels make them; store/ turns them into Arrow without a Python object per row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Spans(NamedTuple):
    """Text given as byte ranges; what is not printable ASCII is escaped.

    data: uint8 (n_bytes,)   span: int64 (n,) start << 16 | size, -1 for an empty value
    """

    data: NDArray[np.uint8]
    span: NDArray[np.int64]


class Halves(NamedTuple):
    """Addresses as two 64-bit halves (IPv4 as ::ffff:a.b.c.d), written as text.

    high, low: int64 (n,)   is_known: bool (n,)
    """

    high: NDArray[np.int64]
    low: NDArray[np.int64]
    is_known: NDArray[np.bool_]


class Codes(NamedTuple):
    """Numbers with names; a number without one is written as `other` followed by the number.

    code: int (n,), -1 for an empty value   names: {number: name}
    """

    code: NDArray[np.int64]
    names: dict[int, str]
    other: str = ""


class Known(NamedTuple):
    """Numbers of which some are not known: value (n,), is_known bool (n,)."""

    value: NDArray
    is_known: NDArray[np.bool_]


class Taken(NamedTuple):
    """Few distinct values (of the column's kind, or None) and which of them each row has: which int64 (n,)."""

    distinct: list[Any]
    which: NDArray[np.int64]


class Lists(NamedTuple):
    """A list of items per row: row k has items offset[k] to offset[k + 1] of a column; offset: int64 (n + 1,)."""

    items: Spans | Codes | NDArray
    offset: NDArray[np.int64]


Column = NDArray | Spans | Halves | Codes | Known | Taken | Lists | list
Columns = dict[str, Column]
"""Column by field name, all of one length; fields left out are empty. A list holds Python values or None."""
