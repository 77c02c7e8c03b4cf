"""LZ4 frames (github.com/lz4/lz4, lz4_Frame_format)."""

from __future__ import annotations

import re

import lz4.frame

from quivive.kit.compression import Compression

# Frames to be stepped over bear the same marks in zstd: a file that begins with one is taken for zstd.
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")

LZ4 = Compression(
    name="lz4",
    title="lz4",
    spec="github.com/lz4/lz4, lz4_Frame_format",
    magic=re.compile(rb"\x04\x22\x4d\x18"),
    decoder=lz4.frame.LZ4FrameDecompressor,
    faults=(RuntimeError, EOFError),
    between=SKIPPABLE,
)
