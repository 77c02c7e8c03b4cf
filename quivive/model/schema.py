"""Tables and fields: what every stage writes and every face shows."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["bool", "int16", "int32", "int64", "float64", "text", "bytes", "ts", "texts", "ints"]
Unit = Literal["", "bytes", "packets", "ns", "s", "ms"]

# Every engine reads these alike: signed integers, microsecond UTC times, plain strings; no dictionary, UUID, decimal.
ARROW: dict[Kind, pa.DataType] = {
    "bool": pa.bool_(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "text": pa.string(),
    "bytes": pa.binary(),
    "ts": pa.timestamp("us", tz="UTC"),
    "texts": pa.list_(pa.string()),
    "ints": pa.list_(pa.int64()),
}

Personal = Literal["", "person", "host"]
"""What a value may name: nobody, a person (user, mail address, badge), or a person's machine."""


@dataclass(frozen=True)
class Field:
    """One column: its name, kind and meaning.

    The meaning is a full sentence: the schema page, the CLI's help and the web table's header show it as it stands.
    `personal` says that the value can name a person: it is written as a pseudonym.
    """

    name: str
    kind: Kind
    meaning: str
    unit: Unit = ""
    personal: Personal = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A named set of columns; the only thing one stage hands to the next."""

    name: str
    meaning: str
    fields: tuple[Field, ...]

    @functools.cache  # noqa: B019 - tables are module constants
    def arrow(self) -> pa.Schema:
        """Return the Arrow schema, each column carrying its meaning and unit."""
        return pa.schema(
            [pa.field(f.name, ARROW[f.kind], metadata={"meaning": f.meaning, "unit": f.unit}) for f in self.fields]
        )

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field.name for field in self.fields)
