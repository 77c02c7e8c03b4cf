"""The organisation's protected documents: key, index and names in its folder of settings.

The index alone goes to a sensor: it holds keyed hashes. Names stay with whoever protects, in a file of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

from quivive.documents.fingerprints import KEY_BYTES, Fingerprints, fingerprints
from quivive.documents.index import DocumentIndex, Passage
from quivive.documents.openers import MAX_BYTES, texts_of
from quivive.mandate import keys, settings
from quivive.model.errors import UsageError

KEY_FILE, INDEX_FILE, NAMES_FILE = "documents.key", "documents.index.npz", "documents.names.json"
MAX_FILES = 1_000_000


def add(folder: Path, *, is_background: bool = False) -> tuple[int, int]:
    """Take all documents of a folder into the index; returns how many, and how many had no text to protect.

    is_background: they are what everybody has, and match no more. Raises UsageError.
    """
    if not folder.exists():
        raise UsageError(f"{folder}: is not there; name a folder of documents")
    key, index, names = _key(), _index(), _names()
    n_taken = n_empty = 0
    for path in _files(folder):
        found = [one for one in _fingerprints(path, key) if one.hashes.size]
        n_empty += not found
        n_taken += bool(found)
        for one in found:
            if is_background:
                index.add_background(one)
            else:
                index.add(_name(path, key, names), one)
    home = settings.folder()
    index.write(home / INDEX_FILE)
    _write_names(home / NAMES_FILE, names)
    return n_taken, n_empty


def check(content: bytes) -> list[tuple[str, Passage]]:
    """Return the passages of protected documents in content, each with the document's name where that is known here."""
    key, index, names = _key(), _index(), _names()
    found = [one for text in texts_of(content) for one in index.match(fingerprints(text, key))]
    found.sort(key=lambda one: (-one.is_exact, -one.n_signs, one.document))
    return [(names.get(one.document, one.document), one) for one in dict.fromkeys(found)]


def totals() -> tuple[int, int]:
    """Return how many documents are protected, and by how many fingerprints."""
    index = _index()
    return len(index.documents), index.n_hashes


def _files(folder: Path) -> Iterator[Path]:
    paths = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    if len(paths) > MAX_FILES:
        raise UsageError(f"{folder}: holds more than {MAX_FILES:,} files; add parts of it")
    yield from paths


def _fingerprints(path: Path, key: bytes) -> Iterator[Fingerprints]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    yield from (fingerprints(text, key) for text in texts_of(content))


def _name(path: Path, key: bytes, names: dict[str, str]) -> str:
    told = str(path.resolve())
    name = "D-" + hmac.new(key, told.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()[:10]
    names[name] = told
    return name


def _key() -> bytes:
    path = settings.folder() / KEY_FILE
    if not path.is_file():
        keys.write_private(path, secrets.token_hex(KEY_BYTES).encode("ascii"))
    try:
        key = bytes.fromhex(keys.read_private(path).decode("ascii"))
    except ValueError as error:
        raise UsageError(f"{path}: is no key of documents; put the right one back") from error
    if len(key) != KEY_BYTES:
        raise UsageError(f"{path}: is no key of documents; put the right one back")
    return key


def _index() -> DocumentIndex:
    path = settings.folder() / INDEX_FILE
    return DocumentIndex.load(path) if path.is_file() else DocumentIndex()


def _names() -> dict[str, str]:
    path = settings.folder() / NAMES_FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path}: is no list of names; put the right one back") from error


def _write_names(path: Path, names: dict[str, str]) -> None:
    scratch = path.with_name(path.name + ".new")
    scratch.unlink(missing_ok=True)
    keys.write_private(scratch, json.dumps(names, indent=1).encode("utf-8", "backslashreplace"))
    scratch.replace(path)
