"""Zstandard (RFC 8878)."""

from __future__ import annotations

import re
import sys

from quivive.kit.compression import Compression

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# A frame, or one to be stepped over: parallel packers begin with such a one (RFC 8878, 3.1.2).
MAGIC = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")

ZST = Compression(
    name="zst",
    title="zstd",
    spec="RFC 8878",
    magic=MAGIC,
    decoder=zstd.ZstdDecompressor,
    faults=(zstd.ZstdError, EOFError),
)
