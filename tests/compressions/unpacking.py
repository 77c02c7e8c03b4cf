"""Unpack bytes as a source does, and say what went wrong."""

from __future__ import annotations

import io

from quivive.kit.compression import Compression
from quivive.kit.source import RawFile

TEXT = b"".join(b"packet %d of a capture that packs well, " % (k * k) for k in range(4000))
"""150,000 bytes, so that damage in the middle is far from both ends."""


def unpack(compression: Compression, packed: bytes) -> tuple[bytes, list[str]]:
    """Return what comes out, and the troubles without the place."""
    stream = compression.open(RawFile(io.BytesIO(packed), len(packed)))
    pieces = list(iter(lambda: stream.read(1 << 20), b""))
    return b"".join(pieces), [trouble.split(", near byte")[0] for trouble in stream.troubles]
