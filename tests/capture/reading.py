"""Read a capture given as bytes, and list its packets one by one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from quivive import capture, compressions
from quivive.kit import shelf
from quivive.kit.compression import Compression
from quivive.kit.reader import CaptureInfo, Reader, open_capture
from quivive.kit.source import WINDOW_BYTES, RawFile, StreamSource

READERS = shelf.load(capture, Reader)
COMPRESSIONS = shelf.load(compressions, Compression)


class Packet(NamedTuple):
    """One packet as a test writes it down."""

    captured: bytes
    ts_ns: int
    wire_bytes: int
    link_type: int = 1
    interface: int = 0


def packets_of(reader: Reader) -> list[Packet]:
    """Return all packets of all batches; each is looked at only once two more batches are out."""
    batches = list(reader.batches())
    return [
        Packet(data[start:stop].tobytes(), *rest)
        for data, *columns in batches
        for start, stop, *rest in zip(*(column.tolist() for column in columns), strict=True)
    ]


def read(data: bytes, *, window_bytes: int = WINDOW_BYTES) -> tuple[list[Packet], CaptureInfo]:
    """Read bytes as they would come from a pipe."""
    raw = RawFile(io.BytesIO(data), len(data))
    source = StreamSource(raw, raw, "capture", window_bytes=window_bytes)
    (reader,) = (reader for reader in READERS.values() if reader.claims(data[:64]))
    return packets_of(opened := reader(source)), opened.info


def read_file(path: Path) -> tuple[list[Packet], CaptureInfo]:
    """Read a file as the program does."""
    reader = open_capture(path, READERS, COMPRESSIONS)
    with reader.source:
        return packets_of(reader), reader.info
