"""TOML files that come with the package: read as TOML once for each machine, later from JSON, ten times as fast."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from quivive.model import cache

DAY = "a day"
"""Key of the object that stands for a date, which JSON has not; no file of ours has such a key."""


def read(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds. Raises tomllib.TOMLDecodeError for a file that is none."""
    text = path.read_bytes()
    digest = hashlib.sha256(text).hexdigest()
    known = _known(path, digest)
    return _read(path, text, digest) if known is None else known


def _known(path: Path, digest: str) -> dict[str, Any] | None:
    """Return what was kept of a file with this digest; None where that is nothing, or of another file."""
    folder = cache.folder_of(path.parent)
    if folder is None:
        return None
    try:
        kept = json.loads((folder / _name(path)).read_bytes(), object_hook=_day)
    except (OSError, ValueError):
        return None
    if not isinstance(kept, list) or len(kept) != 2 or kept[0] != digest or not isinstance(kept[1], dict):
        return None
    return kept[1]


def _read(path: Path, text: bytes, digest: str) -> dict[str, Any]:
    import tomllib

    found = tomllib.loads(text.decode("utf-8"))
    cache.keep(path.parent, _name(path), json.dumps([digest, found], default=lambda day: {DAY: str(day)}).encode())
    return found


def _name(path: Path) -> str:
    return f"{path.name}.json"


def _day(held: dict[str, Any]) -> Any:
    return date.fromisoformat(held[DAY]) if DAY in held else held
