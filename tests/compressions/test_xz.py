import lzma

from quivive.compressions.xz import MEMORY_BYTES, XZ
from tests.compressions.unpacking import TEXT, unpack


def packed(dictionary_bytes):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": dictionary_bytes}]
    return lzma.compress(TEXT, filters=filters)


def test_a_dictionary_within_the_bound_is_read():
    assert unpack(XZ, packed(64 << 20)) == (TEXT, [])


def test_a_dictionary_beyond_the_bound_is_refused():
    unpacked, troubles = unpack(XZ, packed(MEMORY_BYTES))
    assert unpacked == b""
    assert troubles == ["xz data is damaged (Memory usage limit exceeded)"]
