import struct
import sys

from quivive.compressions.zst import ZST
from tests.compressions.unpacking import TEXT, unpack

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SKIPPED = struct.pack("<2I", 0x184D2A50, 4) + b"seek"


def test_frames_to_be_skipped_may_stand_anywhere():
    packed = zstd.compress(TEXT)
    assert ZST.claims(SKIPPED + packed)
    assert unpack(ZST, SKIPPED + packed + SKIPPED + packed + SKIPPED) == (TEXT + TEXT, [])


def test_a_frame_that_asks_for_gigabytes_is_refused():
    # Magic, no single segment, window of 2 GB (exponent 21), a raw last block of one byte.
    huge = bytes.fromhex("28b52ffd 00 a8 090000 61")
    unpacked, troubles = unpack(ZST, huge)
    assert unpacked == b""
    assert troubles[0].startswith("zstd data is damaged")
