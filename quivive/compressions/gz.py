"""gzip (RFC 1952): deflate between a header and a checksum."""

from __future__ import annotations

import re
import zlib

from quivive.kit.compression import Compression

MAGIC = b"\x1f\x8b\x08"
FIXED_BYTES, TRAILER_BYTES = 10, 8
HAS_CHECKSUM, HAS_EXTRA, HAS_NAME, HAS_COMMENT = 0x02, 0x04, 0x08, 0x10

HEADER_BYTES = 1 << 18
"""Longest header believed: an extra field has 65,535 bytes at most, names and comments no stated limit."""


class Member:
    """Decodes one member.

    zlib could read the header and the checksum itself, but raises for a wrong checksum in the very call that would
    return the last bytes.
    """

    def __init__(self) -> None:
        self.eof = False
        self.needs_input = True
        self.unused_data = b""
        self._kept = b""
        """Bytes of the header, of deflated data that found no room yet, or of the trailer."""
        self._is_in_header = True
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._crc = 0
        self._n_out = 0

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to max_length bytes."""
        data, self._kept = self._kept + data, b""
        if self._is_in_header:
            end = _header_end(data)
            if end < 0:
                self._kept = data
                return b""
            data, self._is_in_header = data[end:], False
        if self._inflate.eof:
            self._read_trailer(data)
            return b""
        piece = self._inflate.decompress(data, max_length)
        self._kept = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        self.needs_input = not self._kept and len(piece) < max_length
        self._crc = zlib.crc32(piece, self._crc)
        self._n_out += len(piece)
        return piece

    def _read_trailer(self, data: bytes) -> None:
        if len(data) < TRAILER_BYTES:
            self._kept, self.needs_input = data, True
            return
        self.eof, self.unused_data = True, data[TRAILER_BYTES:]
        told = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")
        if told != (self._crc, self._n_out & 0xFFFFFFFF):
            raise zlib.error("the checksum differs")


def _header_end(head: bytes) -> int:
    """Return where the deflated bytes begin, -1 where the header goes on."""
    if head[:3] != MAGIC[: len(head)] or len(head) > HEADER_BYTES:
        raise zlib.error("the header is not valid")
    if len(head) < FIXED_BYTES:
        return -1
    flags, at = head[3], FIXED_BYTES
    if flags & HAS_EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (HAS_NAME, HAS_COMMENT):
        if flags & flag:
            at = head.find(b"\0", at) + 1
            if at == 0:
                return -1
    at += 2 if flags & HAS_CHECKSUM else 0
    return at if at <= len(head) else -1


GZ = Compression(
    name="gz",
    title="gzip",
    spec="RFC 1952",
    magic=re.compile(re.escape(MAGIC)),
    decoder=Member,
    faults=(zlib.error,),
)
