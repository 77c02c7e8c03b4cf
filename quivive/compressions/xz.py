"""xz: LZMA2 in a container with checksums."""

from __future__ import annotations

import lzma
import re

from quivive.kit.compression import Compression, Decoder

MEMORY_BYTES = 128 << 20
"""What a file may ask for: `xz -9` needs 65 MB, a hostile file may ask for 4 GB."""


def _decoder() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY_BYTES)


XZ = Compression(
    name="xz",
    title="xz",
    spec="tukaani.org/xz/xz-file-format.txt",
    magic=re.compile(rb"\xfd7zXZ\0"),
    decoder=_decoder,
    faults=(lzma.LZMAError, EOFError),
)
