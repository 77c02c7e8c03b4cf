"""Deflate (RFC 1951) within bounds: a few bytes can stand for very many."""

from __future__ import annotations

import zlib

from quivive.model.errors import Malformed
from quivive.model.limits import COMPRESSION_RATIO

SMALL_BYTES = 4096
"""Inflated bytes that are allowed whatever the ratio: short repetitive texts compress better than any bomb has to."""

RAW_WINDOW = -15
"""The largest window reads what was written with any smaller one; negative for data without a zlib header."""


class Inflater:
    """Inflates one direction, piece by piece; what came before is the dictionary of what comes next."""

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(RAW_WINDOW)

    def inflate(self, piece: bytes, limit: int) -> bytes:
        """Return what a piece stands for, at most `limit` bytes; a bomb or broken data is Malformed."""
        if self._stream.eof:  # a final block was sent, though a stream of pieces needs none
            self._stream = zlib.decompressobj(RAW_WINDOW)
        allowed = min(limit, max(SMALL_BYTES, len(piece) * COMPRESSION_RATIO))
        try:
            inflated = self._stream.decompress(piece, allowed + 1)
        except zlib.error as error:
            raise Malformed("compressed data is broken", 0) from error
        if len(inflated) > allowed:
            raise Malformed("compressed data inflates beyond its bounds", 0)
        return inflated


def glimpse(piece: bytes, size: int) -> bytes:
    """Return the first `size` bytes of compressed data, fewer where it holds no more or breaks off."""
    try:
        return zlib.decompressobj(RAW_WINDOW).decompress(piece, size)
    except zlib.error:
        return b""
