"""TOML into frozen dataclasses and back: unknown keys are refused, every type is checked, nothing is guessed."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import tomllib
import types
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from quivive.mandate.refusal import Refusal
from quivive.model.limits import LIST_ITEMS, TEXT_BYTES

FILE_BYTES = 1 << 20
"""A mandate is two pages, a list of signers perhaps ten: larger files are no such thing."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
"""IPv4 addresses as IPv6 writes them (RFC 4291, 2.5.5.2): the columns of packets hold them so."""

T = TypeVar("T")

WORDS: dict[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    date: "a date such as 2026-03-31",
    datetime: "a time with its zone such as 2026-03-31T08:00:00+02:00",
    Network: "an address range such as 192.0.2.0/24",
}


def told(meaning: str, *, key: str = "", **more: Any) -> Any:
    """Return a dataclass field with its meaning, a sentence; `key` is its name in TOML where Python forbids that."""
    return dataclasses.field(metadata={"meaning": meaning, "key": key}, **more)


def read_file(path: Path, kind: type[T]) -> T:
    """Return what a TOML file says. Raises MandateError with the place and the mend."""
    try:
        with path.open("rb") as file:
            held = file.read(FILE_BYTES + 1)
        if len(held) > FILE_BYTES:
            raise Refusal(str(path), "larger than a file of this kind can be", "name the right file")
        values = tomllib.loads(held.decode("utf-8"))
    except OSError as error:
        raise Refusal(str(path), error.strerror or "cannot be read", "name a file that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(str(path), f"is not TOML ({error})", "mend that line") from error
    return read(kind, values, str(path))


def read(kind: type[T], values: Any, where: str) -> T:
    """Return a dataclass filled from a TOML table. Raises MandateError for a key unknown, missing or wrong."""
    if not isinstance(values, dict):
        raise Refusal(where, "should be a table", "write it as [name] with one key on each line")
    hints, filled, left = typing.get_type_hints(kind), {}, dict(values)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        key = key_of(field)
        if key in left:
            filled[field.name] = _value(hints[field.name], left.pop(key), f"{where}: {key}")
        elif not _has_default(field):
            raise Refusal(f"{where}: {key}", "is missing", f"add it: {field.metadata['meaning']}")
    if left:
        known = ", ".join(key_of(field) for field in dataclasses.fields(kind))  # type: ignore[arg-type]
        raise Refusal(f"{where}: {next(iter(left))}", "is not known here", f"known are {known}")
    try:
        return kind(**filled)
    except Refusal as error:
        raise Refusal(f"{where}: {error.what}", error.why, error.mend) from error


def key_of(field: dataclasses.Field) -> str:
    """Return the name of a field in TOML."""
    return field.metadata.get("key") or field.name


def _has_default(field: dataclasses.Field) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _value(kind: Any, value: Any, where: str) -> Any:
    if kind == Network:
        return network(value, where)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (kind,) = (one for one in typing.get_args(kind) if one is not type(None))
    if typing.get_origin(kind) is tuple:
        return _list(typing.get_args(kind)[0], value, where)
    if dataclasses.is_dataclass(kind):
        return read(typing.cast(type, kind), value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice(kind, value, where)
    return _scalar(kind, value, where)


def _list(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Refusal(where, "should be a list", "write it in square brackets, even where it has one item")
    if len(value) > LIST_ITEMS:
        raise Refusal(where, f"has more than {LIST_ITEMS} items", "join ranges or names")
    return tuple(_value(kind, item, f"{where}[{k}]") for k, item in enumerate(value))


def _choice(kind: type[Enum], value: Any, where: str) -> Enum:
    for member in kind:
        if member.value == value and isinstance(value, str):
            return member
    raise Refusal(where, f"{value!r:.60} is not known", f"choose one of {', '.join(str(m.value) for m in kind)}")


def _scalar(kind: Any, value: Any, where: str) -> Any:
    # A TOML time is also a date to Python, and a truth value a number: only the exact type will do.
    if type(value) is not kind or (kind is datetime and value.tzinfo is None):
        raise Refusal(where, f"should be {WORDS[kind]}", f"write it so in place of {value!r:.60}")
    if kind is datetime and value.microsecond:
        raise Refusal(where, "has fractions of a second", "write whole seconds")
    if kind is str and len(value.encode("utf-8", "replace")) > TEXT_BYTES:
        raise Refusal(where, f"is longer than {TEXT_BYTES} bytes", "refer to a document instead")
    return value


def network(value: Any, where: str) -> Network:
    """Return an address range. Raises MandateError where it is none, or has bits set beyond its mask."""
    if not isinstance(value, str):
        raise Refusal(where, f"should be {WORDS[Network]}", f"write it so in place of {value!r:.60}")
    try:
        found = ipaddress.ip_network(value)
    except ValueError as error:
        raise Refusal(where, f"{error}", f"write {WORDS[Network]}") from error
    if found.version == 6 and found.prefixlen and found.overlaps(MAPPED):
        raise Refusal(where, f"{found} takes in all of IPv4 as IPv6 writes it", "write IPv4 ranges as 192.0.2.0/24")
    return found


def plain(value: Any) -> Any:
    """Return a dataclass as texts, numbers, lists and objects, by the names of its TOML; empty options are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((key_of(field), plain(getattr(value, field.name))) for field in dataclasses.fields(value))
        return {key: item for key, item in pairs if item is not None}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network) else value


def toml_text(value: Any) -> str:
    """Return a dataclass as TOML, with the meaning of each key above it."""
    return "\n".join(_lines(value, "")).lstrip("\n") + "\n"


def _lines(value: Any, prefix: str) -> Iterator[str]:
    later = []
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        is_table = dataclasses.is_dataclass(held)
        if is_table or (isinstance(held, tuple) and held and dataclasses.is_dataclass(held[0])):
            later.append((field, held))
        elif held is not None:
            yield f"# {field.metadata['meaning']}"
            yield f"{key_of(field)} = {_toml_value(held)}"
    for field, held in later:
        name = prefix + key_of(field)
        for one in held if isinstance(held, tuple) else (held,):
            yield f"\n# {field.metadata['meaning']}"
            yield f"[[{name}]]" if isinstance(held, tuple) else f"[{name}]"
            yield from _lines(one, f"{name}.")


def _toml_value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return str(plain(value))
    if isinstance(value, int):
        return str(value)
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(str(plain(value)), ensure_ascii=False).replace("\x7f", "\\u007f")
