"""Header lists: what is remembered from one to the next, and what cannot be read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.http2_headers import LIST_BYTES, HeaderReader

FIRST = bytes.fromhex("828684418cf1e3c2e5f23a6ba0ab90f4ff")  # RFC 7541, C.4.1: :authority www.example.com, in Huffman
SECOND = bytes.fromhex("828684be5886a8eb10649cbf")  # C.4.2: the authority by its place in the table


def test_published_lists_follow_on_each_other():
    reader = HeaderReader()
    first = {":method": "GET", ":scheme": "http", ":path": "/", ":authority": "www.example.com"}
    assert reader.read(FIRST) == first
    assert reader.read(SECOND) == first | {"cache-control": "no-cache"}


def test_list_whose_forerunner_is_missing_ends_reading():
    reader = HeaderReader()
    assert (reader.read(SECOND), reader.is_lost, reader.read(FIRST)) == (None, True, None)


def test_pieces_of_a_cookie_are_joined_as_one():
    block = b"\x00\x06cookie\x03a=1\x00\x06cookie\x03b=2\x00\x01x\x011\x00\x01x\x012"
    assert HeaderReader().read(block) == {"cookie": "a=1; b=2", "x": "1, 2"}


def test_table_that_was_not_allowed_is_refused_and_one_that_was_is_not():
    grown = b"\x3f\xe1\x7f" + FIRST  # the table grows to 16384
    assert HeaderReader().read(grown) is None
    reader = HeaderReader()
    reader.allow(16_384)
    assert reader.read(grown) is not None


def test_list_beyond_the_bound_is_refused():
    field = b"\x40\x01a\x7f\xe1\x1e" + b"v" * 4064  # remembered: 4096 bytes with its overhead, less name
    assert HeaderReader().read(field + b"\xbe" * (LIST_BYTES // 4096 + 1)) is None


@given(st.binary(max_size=80))
def test_noise_is_read_or_not_and_raises_nothing(block):
    reader = HeaderReader()
    assert reader.read(block) is None or not reader.is_lost
