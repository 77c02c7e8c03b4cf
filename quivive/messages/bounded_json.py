"""JSON (RFC 8259) from a stranger: depth, size and numbers within bounds."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from quivive.messages.wire_text import cut
from quivive.model.errors import Malformed
from quivive.model.limits import NESTING

MAX_JSON_BYTES = 1 << 20

BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MAX_INT = (1 << 63) - 1


def loads(text: bytes) -> Any:
    """Return what JSON text stands for; of names that stand twice in an object the last counts."""
    if len(text) > MAX_JSON_BYTES:
        raise Malformed("JSON text is too long", 0)
    decoded = text.decode("utf-8", "backslashreplace")
    if decoded.count("[") + decoded.count("{") > NESTING:
        _check_depth(decoded)
    try:
        return json.loads(decoded)
    except (ValueError, RecursionError) as error:  # ValueError: a number of too many digits, too
        raise Malformed("text is not JSON", 0) from error


def _check_depth(text: str) -> None:
    depth = 0
    for match in BRACKETS.finditer(text):
        depth += bool(match[1]) - bool(match[2])
        if depth > NESTING:
            raise Malformed("JSON is nested too deeply", match.start())


def at(value: Any, *path: str | int) -> Any:
    """Return what lies at a path of names and positions, None where the path leads nowhere."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        elif isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_of(value: Any) -> str | None:
    """Return a text or a number as text, cut to what is kept; None for anything else, and for an empty text."""
    if isinstance(value, str):
        return cut(value.encode("utf-8", "backslashreplace").decode()) or None  # a lone surrogate is escaped
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if abs(value) <= MAX_INT else None
    return None


def int_of(value: Any) -> int | None:
    """Return a whole number of at most 63 bits, given as one or as text; None for anything else."""
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and abs(value) <= MAX_INT else None


def float_of(value: Any) -> float | None:
    """Return a finite number, given as one or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value[:64] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def time_ns_of(value: Any) -> int | None:
    """Return an RFC 3339 time as nanoseconds since 1970 UTC, None for anything else; without a zone it is UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        time = datetime.fromisoformat(value)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        ns = (time - EPOCH) // MICROSECOND * 1000
    except (ValueError, OverflowError):
        return None
    return ns if abs(ns) <= MAX_INT else None
