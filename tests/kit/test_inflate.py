"""Deflate within bounds."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.inflate import SMALL_BYTES, Inflater, glimpse
from quivive.model.errors import Malformed
from quivive.model.limits import COMPRESSION_RATIO


def deflate(*pieces):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return [stream.compress(piece) + stream.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]


def test_pieces_are_inflated_one_after_the_other():
    one, two = deflate(b"hello world", b"hello world")
    inflater = Inflater()
    assert inflater.inflate(one, 100) == b"hello world"
    assert inflater.inflate(two, 100) == b"hello world"
    assert len(two) < len(one)  # it refers back to the first


def test_short_text_may_compress_beyond_the_ratio():
    (piece,) = deflate(b"a" * SMALL_BYTES)
    assert len(piece) * COMPRESSION_RATIO < SMALL_BYTES
    assert len(Inflater().inflate(piece, 1 << 20)) == SMALL_BYTES


def test_bomb_is_malformed():
    (piece,) = deflate(b"a" * 200_000)
    with pytest.raises(Malformed):
        Inflater().inflate(piece, 1 << 20)


def test_more_than_the_limit_is_malformed():
    (piece,) = deflate(b"hello world")
    assert Inflater().inflate(piece, 11) == b"hello world"
    with pytest.raises(Malformed):
        Inflater().inflate(piece, 10)


def test_broken_data_is_malformed():
    with pytest.raises(Malformed):
        Inflater().inflate(b"\xff\xff", 100)


def test_stream_may_begin_anew_behind_a_final_block():
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    final = stream.compress(b"one") + stream.flush()
    inflater = Inflater()
    assert inflater.inflate(final, 10) == b"one"
    assert inflater.inflate(*deflate(b"two"), 10) == b"two"


def test_glimpse_is_the_beginning():
    (piece,) = deflate(b"hello world" * 100)
    assert glimpse(piece, 5) == b"hello"
    assert glimpse(b"\xff\xff", 5) == b""


@given(st.binary(max_size=100))
def test_noise_is_inflated_or_malformed(noise):
    glimpse(noise, 10)
    try:
        Inflater().inflate(noise, 1000)
    except Malformed:
        pass
