"""One line of an audit: canonical JSON (RFC 8785) that holds the hash of the line before and its own.

hash = SHA-256(previous hash, 32 bytes, followed by the canonical form of the entry without `prev_hash` and `hash`)
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from quivive.mandate.canonical import canonical
from quivive.model.errors import MandateError

ORIGIN = "0" * 64
"""What stands for the hash before the first entry."""

LINE_BYTES = 65_536
"""Longest line that is read as an entry: ours are under 10,000 bytes."""

Entry = dict[str, Any]
PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class BadEntry(Exception):
    """A line is no entry, or does not follow the one before; the text says why."""


def line_of(said: Entry, seq: int, prev_hash: str) -> bytes:
    """Return the line (without newline) that says something as entry number `seq` behind another."""
    body = {**said, "seq": seq}
    hashed = hashlib.sha256(bytes.fromhex(prev_hash) + canonical(body)).hexdigest()
    line = canonical({**body, "prev_hash": prev_hash, "hash": hashed})
    if len(line) > LINE_BYTES:
        raise MandateError(f"an entry of the audit would have {len(line)} bytes; say less in the reason")
    return line


def read(line: bytes, seq: int, prev_hash: str) -> Entry:
    """Return the entry of a line, which must be number `seq` behind the hash given. Raises BadEntry."""
    if len(line) > LINE_BYTES:
        raise BadEntry("is longer than an entry can be")
    try:
        entry = json.loads(line)
        whole = _flat(entry)
    except (ValueError, RecursionError, UnicodeEncodeError) as error:
        raise BadEntry("is no JSON") from error
    if not isinstance(entry, dict) or whole != line:
        raise BadEntry("is not in canonical form")
    if entry.get("seq") != seq:
        raise BadEntry(f"is numbered {str(entry.get('seq'))[:20]}, but stands at {seq}: others were taken out or moved")
    if entry.get("hash") != hashlib.sha256(_raw(entry.get("prev_hash")) + _said(line, entry)).hexdigest():
        raise BadEntry("was changed: its hash is not that of its text")
    if entry["prev_hash"] != prev_hash:
        raise BadEntry("does not follow the entry before, which was taken out, moved or written anew")
    return entry


def read_line(line: bytes, seq: int, prev_hash: str) -> Entry:
    """Return the entry of a line with its newline, without which it was never finished. Raises BadEntry."""
    if not line.endswith(b"\n"):
        raise BadEntry("is not finished: writing it was interrupted, or it is too long")
    return read(line[:-1], seq, prev_hash)


def is_sound(line: bytes, seq: int, hashed: str) -> bool:
    """Return whether a line with its newline is an entry of this number and hash, whatever it stands on."""
    try:
        claimed = json.loads(line)
        return isinstance(claimed, dict) and read_line(line, seq, claimed.get("prev_hash", ""))["hash"] == hashed
    except (ValueError, RecursionError, BadEntry):
        return False


def _flat(value: Any) -> bytes:
    """Return the canonical form, five times faster: names of entries are ASCII, and no value is a fraction.

    What differs from the canonical form (fractions, names beyond the first plane) only makes a line look changed.
    """
    return PLAIN.encode(value).encode("utf-8")


def _said(line: bytes, entry: Entry) -> bytes:
    """Return the canonical form without the two hashes, cut out of the line: quotes within texts are escaped there."""
    for name in ("hash", "prev_hash"):
        line = line.replace(f'"{name}":"{entry.get(name)}",'.encode(), b"", 1)
    return line


def _raw(hashed: Any) -> bytes:
    try:
        raw = bytes.fromhex(hashed)
    except (ValueError, TypeError):
        raw = b""
    if len(raw) != 32:
        raise BadEntry("holds no hash of the entry before")
    return raw
