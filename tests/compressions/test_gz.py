import struct
import zlib

import pytest

from quivive.compressions.gz import GZ
from tests.compressions.unpacking import TEXT, unpack

FIXED = bytes.fromhex("1f8b08 00 00000000 00 03")  # deflate, no flags, no time, Unix


def deflated(data=TEXT):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def trailer(data=TEXT):
    return struct.pack("<2I", zlib.crc32(data), len(data))


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        (0x00, b""),
        (0x04, b"\x06\x00BC\x02\x00\x1b\x00"),  # an extra field, as BGZF has
        (0x08, b"capture.pcap\0"),
        (0x10, b"of hall 3\0"),
        (0x02, b"\x12\x34"),
        (0x1E, b"\x02\x00xx" + b"name\0" + b"comment\0" + b"\x12\x34"),
    ],
)
def test_every_field_of_the_header_is_stepped_over(flags, fields):
    head = FIXED[:3] + bytes([flags]) + FIXED[4:] + fields
    assert unpack(GZ, head + deflated() + trailer()) == (TEXT, [])


def test_a_wrong_checksum_costs_nothing():
    wrong = struct.pack("<2I", zlib.crc32(TEXT) ^ 1, len(TEXT))
    assert unpack(GZ, FIXED + deflated() + wrong) == (TEXT, ["gzip data is damaged (the checksum differs)"])


def test_a_wrong_length_costs_nothing():
    wrong = struct.pack("<2I", zlib.crc32(TEXT), len(TEXT) - 1)
    assert unpack(GZ, FIXED + deflated() + wrong) == (TEXT, ["gzip data is damaged (the checksum differs)"])


def test_a_name_without_an_end_is_given_up():
    head = FIXED[:3] + b"\x08" + FIXED[4:]
    assert unpack(GZ, head + b"x" * 300_000) == (b"", ["gzip data is damaged (the header is not valid)"])
