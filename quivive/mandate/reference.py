"""Reference pages of the mandate's files, made from the classes that read them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

from quivive.mandate.strict import WORDS, Network, key_of


def page(kind: type, title: str) -> str:
    """Return a page in Markdown that says what each key of a file is."""
    return "\n".join([f"# {title}", "", *_table(kind, "")]).rstrip() + "\n"


def _table(kind: type, name: str) -> Iterator[str]:
    hints, later = typing.get_type_hints(kind), []
    yield from ["| key | value | needed | meaning |", "|---|---|---|---|"]
    for field in dataclasses.fields(kind):
        inner, words = _described(hints[field.name])
        is_needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        yield f"| `{key_of(field)}` | {words} | {'yes' if is_needed else 'no'} | {field.metadata['meaning']} |"
        if inner is not None:
            later.append((f"{name}{key_of(field)}", inner, field.metadata["meaning"]))
    for below, inner, meaning in later:
        yield from ["", f"## `{below}`", "", meaning, ""]
        yield from _table(inner, f"{below}.")


def _described(kind: Any) -> tuple[type | None, str]:
    """Return the class of a table's keys (None for a plain value), and what may be written."""
    if kind == Network:
        return None, WORDS[Network]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _described(next(one for one in typing.get_args(kind) if one is not type(None)))
    if typing.get_origin(kind) is tuple:
        inner, words = _described(typing.get_args(kind)[0])
        return inner, f"list of: {words}"
    if dataclasses.is_dataclass(kind):
        return typing.cast(type, kind), "table"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return None, ", ".join(f"`{member.value}`" for member in kind)
    return None, WORDS[kind]
