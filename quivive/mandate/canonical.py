"""Canonical JSON (RFC 8785) of texts, whole numbers, truth values, lists and objects: what signatures are made over."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from quivive.model.errors import MandateError

LARGEST = (1 << 53) - 1
"""Largest whole number that every reader of JSON reads alike (RFC 7493, 2.2)."""

DEEPEST = 32


def canonical(value: Any) -> bytes:
    """Return the one form in which a value is signed. Raises MandateError for what has none, such as fractions."""
    try:
        return _text(value, DEEPEST).encode("utf-8")
    except UnicodeEncodeError as error:
        raise MandateError(f"a text holds half a character ({error.reason}); write it again in UTF-8") from error


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _text(value: Any, depth: int) -> str:
    if not depth:
        raise MandateError("nested too deeply to be signed; make it flatter")
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) <= LARGEST:
        return str(int(value))
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item, depth - 1) for item in value) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        # Names are sorted by their UTF-16 code units (RFC 8785, 3.2.3), which differs from Python's order.
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key, depth)}:{_text(item, depth - 1)}" for key, item in pairs) + "}"
    raise MandateError(f"{type(value).__name__} {value!r:.40} has no canonical form; use text or whole numbers")
