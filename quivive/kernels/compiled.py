"""Machine code of kernels, kept on disk: one file for each kernel and kind of arguments.

A file opens with a line of JSON that says of which sources, and under which names, the code was made; the code follows.
It is used only where the sources are the same to the byte, and the code has the digest that was written down.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from quivive.model import cache
from quivive.model.cache import PACKAGE

OWN_IMPORT = re.compile(rf"^from {PACKAGE.name}\.([\w.]+) import", re.MULTILINE)


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
    folder = cache.folder_of(source.parent)
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
    """Write a kernel's code under a name."""
    head = {"stamp": stamp_of(source), "digest": _digest(compiled.code), **compiled._asdict()}
    del head["code"]
    cache.keep(source.parent, name, json.dumps(head).encode() + b"\n" + compiled.code)


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()
