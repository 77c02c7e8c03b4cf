"""Open what a user named: a file, a pipe or standard input, plain or compressed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from quivive.kit.compression import Bytes, Compression
from quivive.kit.source import Headed, MappedSource, RawFile, Source, StreamSource
from quivive.model.errors import CaptureError

MAX_WRAPPINGS = 3
"""Compressions within each other that are unwrapped: a .pcap.gz in a compressed upload is two."""

STANDARD_INPUT = Path("-")


def open_source(path: Path | None, compressions: dict[str, Compression]) -> Source:
    """Open a capture file, a pipe, or with None or "-" standard input; raises CaptureError with one clear line."""
    is_stdin = path is None or path == STANDARD_INPUT
    name = "standard input" if is_stdin else shown(str(path))
    file = _open_stdin() if path is None or is_stdin else _open_file(path, name)
    try:
        return _source(file, name, compressions)
    except BaseException:
        file.close()
        raise


def shown(text: str) -> str:
    """Return a file's name as it can stand in a message: in one line, whatever it is made of."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _open_stdin() -> BinaryIO:
    try:
        if os.isatty(0):
            raise CaptureError("standard input is a terminal: pipe a capture into it, as in `tcpdump -w - | ...`")
        return open(0, "rb", buffering=0, closefd=False)
    except OSError as error:
        raise CaptureError(f"standard input cannot be read: {error.strerror}") from error


def _open_file(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise CaptureError(f"{name} does not exist: check the name and the folder") from error
    except IsADirectoryError as error:
        raise CaptureError(f"{name} is a folder: name the captures in it, as in {name}/*.pcap") from error
    except PermissionError as error:
        raise CaptureError(f"{name} may not be read: ask its owner for the right to read it") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this cannot be a file's name"
        raise CaptureError(f"{name} cannot be opened: {reason}") from error


def _source(file: BinaryIO, name: str, compressions: dict[str, Compression]) -> Source:
    status = os.fstat(file.fileno())
    is_file = stat.S_ISREG(status.st_mode)
    if not is_file:
        os.set_blocking(file.fileno(), True)
    raw = RawFile(file, status.st_size if is_file else -1)
    stream = Headed(raw)
    if not stream.head:
        raise CaptureError(f"{name} {raw.troubles[0] if raw.troubles else 'is empty: nothing was captured or copied'}")
    wrapped = _claimant(stream.head, compressions)
    if wrapped is None and raw.size_bytes > 0:
        try:
            return MappedSource(file, name)
        except (OSError, ValueError):  # a file system that cannot map files: read it as a stream
            pass
    names: list[str] = []
    while wrapped is not None:
        names.append(wrapped.name)
        stream = _unwrapped(stream, wrapped, name, len(names))
        wrapped = _claimant(stream.head, compressions)
    return StreamSource(stream, raw, name, "+".join(names))


def _claimant(head: bytes, compressions: dict[str, Compression]) -> Compression | None:
    return next((one for one in compressions.values() if one.claims(head)), None)


def _unwrapped(packed: Bytes, compression: Compression, name: str, depth: int) -> Headed:
    if depth > MAX_WRAPPINGS:
        raise CaptureError(f"{name} is compressed more than {MAX_WRAPPINGS} times: unpack it first")
    stream = Headed(compression.open(packed))
    if not stream.head:
        reason = stream.troubles[0] if stream.troubles else "there is nothing inside"
        raise CaptureError(f"{name} is a {compression.title} file of which nothing can be unpacked: {reason}")
    return stream
