import struct

import lz4.frame

from quivive.compressions.lz4 import LZ4
from tests.compressions.unpacking import TEXT, unpack

SKIPPED = struct.pack("<2I", 0x184D2A5F, 4) + b"skip"


def test_frames_to_be_skipped_may_stand_behind_another():
    packed = lz4.frame.compress(TEXT)
    assert unpack(LZ4, packed + SKIPPED + packed + SKIPPED) == (TEXT + TEXT, [])


def test_a_frame_that_lies_about_its_length_takes_no_memory():
    # Magic, version 1 with content size, blocks of 64 KB, 2**60 bytes told, header checksum, end mark.
    head = bytes.fromhex("04224d18") + bytes([0x68, 0x40]) + struct.pack("<Q", 1 << 60)
    unpacked, troubles = unpack(LZ4, head + b"\x00" + bytes(4))
    assert unpacked == b""
    assert len(troubles) == 1
