"""Google's QUIC: what the client's first packet says in clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quic.google import TAGS, Opening, read_opening, read_tags

CHLO = bytes.fromhex(
    "43484c4f 0300 0000"  # CHLO, three tags
    "50414400 02000000"  # PAD, ends at 2
    "534e4900 0d000000"  # SNI, ends at 13
    "55414944 13000000"  # UAID, ends at 19
    "2d2d" "612e6578616d706c6531" "2e" "43726f6d652f"  # --, a.example1., Crome/
)  # fmt: skip
TAGGED = {b"PAD\0": b"--", b"SNI\0": b"a.example1.", b"UAID": b"Crome/"}
ID = bytes.fromhex("0123456789abcdef")
Q043 = b"\x0d" + ID + b"Q043" + b"\1" + bytes(12) + bytes.fromhex("a001 0004") + CHLO


def test_the_old_header_names_connection_and_version():
    assert read_opening(Q043) == Opening("Q043", ID, TAGGED)


def test_the_old_header_may_leave_out_the_connection():
    assert read_opening(b"\x05" + Q043[9:]) == Opening("Q043", b"", TAGGED)


def test_the_long_header_of_q046():
    assert read_opening(b"\xc3Q046\x50" + ID + bytes(4) + CHLO) == Opening("Q046", ID, TAGGED)


@pytest.mark.parametrize(
    "payload",
    [
        b"\x0c" + ID + b"Q043" + bytes(20),  # says that it has no version
        b"\x0d" + ID + b"R043" + bytes(20),
        b"\xc3\0\0\0\1\x50" + ID + bytes(20),
        Q043[:14],
    ],
)
def test_other_packets_are_none(payload):
    assert read_opening(payload) is None


def test_a_value_that_is_cut_short_is_left_out():
    assert read_tags(CHLO[:-1]) == {b"PAD\0": b"--", b"SNI\0": b"a.example1."}


def test_ends_that_go_backwards_leave_their_tag_out():
    odd = CHLO.replace(bytes.fromhex("0d000000"), bytes.fromhex("01000000"))
    assert read_tags(odd) == {b"PAD\0": b"--", b"UAID": b"-a.example1.Crome/"}


def test_tags_are_bounded():
    many = b"CHLO" + (1000).to_bytes(2, "little") + bytes(2)
    many += b"".join(number.to_bytes(4, "little") + bytes(4) for number in range(1000))
    assert len(read_tags(many)) == TAGS


@given(size=st.integers(0, len(Q043)), noise=st.binary(max_size=40))
def test_cut_or_followed_by_noise_it_is_read_as_far_as_it_goes(size, noise):
    opening = read_opening(Q043[:size] + noise)
    assert opening is None or opening.version == "Q043" or size < 13
