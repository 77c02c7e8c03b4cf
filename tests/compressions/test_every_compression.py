"""What must hold for every file on the shelf."""

import bz2
import gzip
import lzma
import re
import sys

import lz4.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive import compressions
from quivive.kit import shelf
from quivive.kit.compression import STEP_BYTES, Compression
from tests.compressions.unpacking import TEXT, unpack

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SHELF = shelf.load(compressions, Compression)
PACK = {
    "bz2": bz2.compress,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "lz4": lambda data: lz4.frame.compress(data, content_checksum=True, block_checksum=True),
    "xz": lzma.compress,
    "zst": zstd.compress,
}
EACH = pytest.mark.parametrize("name", SHELF)


@EACH
def test_what_was_packed_comes_out(name):
    assert unpack(SHELF[name], PACK[name](TEXT)) == (TEXT, [])
    assert unpack(SHELF[name], PACK[name](b"")) == (b"", [])


@EACH
def test_only_its_own_files_are_claimed(name):
    for other in SHELF:
        assert SHELF[name].claims(PACK[other](TEXT)[:64]) == (name == other)
        assert SHELF[name].claims(PACK[other](b"")[:64]) == (name == other)
    assert not SHELF[name].claims(b"")
    assert not SHELF[name].claims(bytes.fromhex("d4c3b2a1 0200 0400"))


@EACH
def test_members_one_after_another_are_one(name):
    assert unpack(SHELF[name], PACK[name](TEXT) + PACK[name](b"") + PACK[name](b"more")) == (TEXT + b"more", [])


@EACH
def test_zero_padding_behind_a_member_is_no_trouble(name):
    assert unpack(SHELF[name], PACK[name](TEXT) + bytes(512)) == (TEXT, [])


@EACH
def test_foreign_bytes_behind_a_member_are_told_of(name):
    title = SHELF[name].title
    expected = (TEXT, [f"what follows the {title} data is not part of it"])
    assert unpack(SHELF[name], PACK[name](TEXT) + b"d4c3b2a1") == expected


@EACH
def test_a_file_cut_at_any_byte_gives_what_it_holds(name):
    packed, last = PACK[name](TEXT[:3000]), 0
    for size in range(1, len(packed)):
        unpacked, troubles = unpack(SHELF[name], packed[:size])
        assert TEXT[:3000].startswith(unpacked)
        assert len(unpacked) >= last
        assert troubles == [f"{SHELF[name].title} data is cut short"], size
        last = len(unpacked)


@EACH
def test_damage_costs_little_of_what_stands_before_it(name):
    packed = bytearray(PACK[name](TEXT))
    middle = len(packed) // 2
    packed[middle : middle + 8] = bytes(byte ^ 0xFF for byte in packed[middle : middle + 8])
    unpacked, troubles = unpack(SHELF[name], bytes(packed))

    assert len(troubles) == 1
    assert re.match(rf"{SHELF[name].title} data is (damaged \(.+\)|cut short)", troubles[0])
    cut, _ = unpack(SHELF[name], bytes(packed[:middle]))
    assert len(unpacked) >= len(cut) - STEP_BYTES
    assert unpacked.startswith(cut[: len(cut) - STEP_BYTES])


@EACH
@given(noise=st.binary(max_size=200), at=st.integers(0, 400))
def test_noise_never_fails(name, noise, at):
    packed = PACK[name](TEXT[:5000])
    unpack(SHELF[name], packed[:at] + noise)
    unpack(SHELF[name], packed[:at] + noise + packed[at:])


@EACH
def test_a_bomb_is_stopped(name):
    packed = PACK[name](bytes(70 << 20))
    unpacked, troubles = unpack(SHELF[name], packed)

    if len(packed) * 1000 >= 70 << 20:
        assert (len(unpacked), troubles) == (70 << 20, [])
    else:
        assert len(unpacked) <= max(64 << 20, len(packed) * 1000) + STEP_BYTES
        assert troubles == [f"{SHELF[name].title} data unpacks to more than 1000 times its size"]
