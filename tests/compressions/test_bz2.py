import bz2

from quivive.compressions.bz2 import BZ2
from tests.compressions.unpacking import unpack


def test_text_that_only_begins_like_it_is_not_claimed():
    assert BZ2.claims(bz2.compress(b"x"))
    assert not BZ2.claims(b"BZh9 is how a bzip2 file begins")
    assert not BZ2.claims(b"BZh0" + bz2.compress(b"x")[4:])


def test_blocks_before_a_damaged_one_are_kept():
    data = bytes(range(256)) * 8000  # 2 MB: three blocks
    packed = bytearray(bz2.compress(data))
    packed[-20] ^= 0xFF
    unpacked, troubles = unpack(BZ2, bytes(packed))

    assert unpacked[:1_799_000] == data[:1_799_000]  # the third block comes out wrong before its checksum shows it
    assert troubles == ["bzip2 data is damaged (Invalid data stream)"]
