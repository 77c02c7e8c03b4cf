"""The organisation's planted canaries: a list and its private key in the folder of settings, never in a case."""

from __future__ import annotations

import json
import re
import secrets
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from quivive.mandate import keys, settings
from quivive.model.errors import MandateError, UsageError
from quivive.sensitive.canaries import KINDS, Canary, digest, make

KEY_FILE, FILE = "canaries.key", "canaries.toml"
MAX_CANARIES = 10_000
MAX_BYTES = 1 << 20
SYSTEM = re.compile(r"[\w.:@ -]{1,80}")
KEY_BYTES = 32


class Planted(NamedTuple):
    """One that was planted: where, when, and how it is recognised."""

    canary: Canary
    day: date

    @property
    def name(self) -> str:
        """Short name: kind, system and number."""
        return f"{self.canary.kind}-{self.canary.number}@{self.canary.system}"


class Canaries:
    """All that were planted, and the key and the salt they are made and recognised with."""

    def __init__(self, key: bytes, salt: str, planted: list[Planted]) -> None:
        self._key = key
        self.salt = salt
        self.planted = planted

    def add(self, kind: str, system: str, count: int, day: date) -> list[Planted]:
        """Make more of a kind for a system. Raises UsageError."""
        if kind not in KINDS:
            raise UsageError(f"{kind!r} is no kind of canary; there are {', '.join(KINDS)}")
        if not SYSTEM.fullmatch(system):
            raise UsageError(f"{system!r} is no name of a system; write up to 80 letters, digits, dots and dashes")
        if not 1 <= count <= MAX_CANARIES - len(self.planted):
            raise UsageError(f"a list holds 1 to {MAX_CANARIES:,} canaries")
        first = 1 + sum(one.canary.kind == kind and one.canary.system == system for one in self.planted)
        made = [Planted(make(self._key, kind, system, number), day) for number in range(first, first + count)]
        self.planted += made
        return made

    def rows(self) -> list[dict[str, Any]]:
        """Return what a case holds of them: names, and salted hashes."""
        return [
            {
                "canary": one.name,
                "canary_kind": one.canary.kind,
                "canary_system": one.canary.system,
                "canary_salt": self.salt,
                "canary_digest": digest(self.salt, one.canary.token),
            }
            for one in self.planted
        ]

    def text(self) -> str:
        """Return the list as it is kept: which were made, not what they are; that only the key's holder can tell."""
        lines = ["# Canaries that were planted: their values follow from the key."]
        for one in self.planted:
            made = one.canary
            lines += ["", "[[canary]]", f"kind = {json.dumps(made.kind)}", f"system = {json.dumps(made.system)}"]
            lines += [f"number = {made.number}", f"day = {one.day.isoformat()}"]
        return "\n".join(lines) + "\n"


def load(folder: Path) -> Canaries | None:
    """Return the list in a folder of settings; None where there is none.

    Raises UsageError for files that are no such list, MandateError for a key that others may read.
    """
    if not (folder / KEY_FILE).is_file():
        return None
    try:
        held = tomllib.loads(keys.read_private(folder / KEY_FILE).decode("utf-8"))
        key, salt = bytes.fromhex(held["key"]), str(held["salt"])
        rows = tomllib.loads(_listed(folder / FILE)).get("canary", [])
        planted = [Planted(make(key, one["kind"], one["system"], int(one["number"])), one["day"]) for one in rows]
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise UsageError(f"{folder / FILE}: is no list of canaries; put the right one back") from error
    if len(key) != KEY_BYTES or len(planted) > MAX_CANARIES or not all(type(one.day) is date for one in planted):
        raise UsageError(f"{folder / FILE}: is no list of canaries; put the right one back")
    return Canaries(key, salt, planted)


def _listed(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(MAX_BYTES).decode("utf-8")


def plant(kind: str, system: str, count: int, day: date) -> list[Planted]:
    """Make canaries and add them to the user's list, which is begun where there is none. Raises UsageError."""
    folder = settings.folder()
    held = load(folder)
    if held is None:
        key, salt = secrets.token_bytes(KEY_BYTES), secrets.token_hex(16)
        held = Canaries(key, salt, [])
        made = held.add(kind, system, count, day)
        text = f'# Whoever has this file knows which values are canaries.\nkey = "{key.hex()}"\nsalt = "{salt}"\n'
        keys.write_private(folder / KEY_FILE, text.encode("ascii"))
    else:
        made = held.add(kind, system, count, day)
    scratch = folder / f"{FILE}.new"
    scratch.write_text(held.text(), encoding="utf-8")
    scratch.replace(folder / FILE)
    return made


def rows_of_user() -> list[dict[str, Any]]:
    """Return what a case shall hold of the user's canaries; nothing where there is no list, or no home for one."""
    try:
        held = load(settings.folder())
    except MandateError:
        return []
    return held.rows() if held is not None else []


def listed() -> list[Planted]:
    """Return all that were planted. Raises UsageError, MandateError."""
    held = load(settings.folder())
    return held.planted if held is not None else []
