"""Machine code of kernels, kept on disk: one file for each kernel and kind of arguments.

A file opens with a line of JSON that says of which sources, and under which names, the code was made; the code follows.
It is used only where the sources are the same to the byte, and the code has the digest that was written down.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[1]
OWN_IMPORT = re.compile(rf"^from {PACKAGE.name}\.([\w.]+) import", re.MULTILINE)
FOLDER = "NUMBA_CACHE_DIR"
"""Variable of the environment that names another folder; it is Numba's own, so that one name holds for both."""


class Compiled(NamedTuple):
    """library: name of the module; wrapper: the function that Python calls; environment: its variable."""

    library: str
    wrapper: str
    environment: str
    code: bytes


@functools.cache
def sources_of(path: Path) -> frozenset[Path]:
    """Return the file and all files of this package that it imports, directly or not."""
    found, waiting = set(), [path]
    while waiting:
        source = waiting.pop()
        if source not in found and source.exists():
            found.add(source)
            waiting += [PACKAGE / f"{name.replace('.', '/')}.py" for name in OWN_IMPORT.findall(_text(source))]
    return frozenset(found)


@functools.cache
def stamp_of(path: Path) -> str:
    """Return a digest of a file and of all files it draws on: callees and constants live in others."""
    whole = hashlib.sha256()
    for source in sorted(sources_of(path)):
        whole.update(f"{source.name}\n{_text(source)}\n".encode())
    return whole.hexdigest()


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def load(source: Path, name: str) -> Compiled | None:
    """Return what was kept under a name for a kernel of a source file; None where there is none, or an older one."""
    folder = folder_of(source.parent)
    if folder is None:
        return None
    try:
        with (folder / name).open("rb") as file:
            head, code = json.loads(file.readline()), file.read()
    except (OSError, ValueError):
        return None
    if not isinstance(head, dict) or head.get("stamp") != stamp_of(source) or head.get("digest") != _digest(code):
        return None
    return Compiled(head["library"], head["wrapper"], head["environment"], code)


def keep(source: Path, name: str, compiled: Compiled) -> None:
    """Write a kernel's code under a name, whole or not at all; a disk that takes none costs the next run its time."""
    folder = folder_of(source.parent)
    if folder is None:
        return
    head = {"stamp": stamp_of(source), "digest": _digest(compiled.code), **compiled._asdict()}
    del head["code"]
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{name}.", delete=False) as file:
            file.write(json.dumps(head).encode() + b"\n" + compiled.code)
        Path(file.name).replace(folder / name)
    except OSError:
        return


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()


@functools.cache
def folder_of(sources: Path) -> Path | None:
    """Return where code made of sources in a folder is kept: as told, beside them, or in the user's own cache."""
    own = f"{sources.name}_{hashlib.sha256(str(sources).encode()).hexdigest()[:16]}"
    told = os.environ.get(FOLDER)
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    places = [Path(told) / own] if told else []
    for place in (*places, sources / "__pycache__", users / PACKAGE.name / own):
        try:
            place.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
        except OSError:
            continue
        return place
    return None
