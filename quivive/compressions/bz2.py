"""bzip2: blocks of up to 900,000 bytes, each with its checksum."""

from __future__ import annotations

import bz2
import re

from quivive.kit.compression import Compression

# Block size, then the first block's mark (the digits of pi) or, of an empty file, the end mark (of its root).
MAGIC = re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)")

BZ2 = Compression(
    name="bz2",
    title="bzip2",
    spec="sourceware.org/bzip2",
    magic=MAGIC,
    decoder=bz2.BZ2Decompressor,
    faults=(OSError, EOFError, ValueError),
)
