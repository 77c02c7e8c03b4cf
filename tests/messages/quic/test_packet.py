"""QUIC's headers, frames and transport parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quic.packet import (
    ACK_RANGES,
    HANDSHAKE,
    INITIAL,
    NEGOTIATION,
    PARAMETERS,
    RETRY,
    UNKNOWN,
    VERSIONS,
    ZERO_RTT,
    Crypto,
    LongHeader,
    read_crypto,
    read_long_header,
    read_parameter,
    read_varint,
    read_versions,
    version_name,
)
from quivive.model.errors import Malformed
from tests.protocols.quic_builder import (
    CLIENT_CRYPTO,
    CLIENT_HELLO,
    CLIENT_INITIAL,
    SAMPLE_ID,
    SERVER_ID,
    SERVER_INITIAL,
    SERVER_PLAIN,
    crypto,
    varint,
)


@pytest.mark.parametrize(
    ("digits", "number"),  # RFC 9000, A.1
    [("c2197c5eff14e88c", 151288809941952652), ("9d7f3e7d", 494878333), ("7bbd", 15293), ("25", 37), ("4025", 37)],
)
def test_numbers_have_1_2_4_or_8_bytes(digits, number):
    data = bytes.fromhex(digits)
    assert read_varint(data + b"\xff", 0) == (number, len(data))
    for size in range(len(data)):
        with pytest.raises(Malformed):
            read_varint(data[:size], 0)


def test_an_initial_packet_has_a_token_and_a_length():
    assert read_long_header(CLIENT_INITIAL, 0) == LongHeader(INITIAL, 1, SAMPLE_ID, b"", 18, 1200)
    assert read_long_header(b"??" + SERVER_INITIAL, 2) == LongHeader(INITIAL, 1, b"", SERVER_ID, 20, 137)


@pytest.mark.parametrize(
    ("first", "version", "kind"),
    [
        ("d0", "00000001", ZERO_RTT),
        ("e0", "00000001", HANDSHAKE),
        ("e0", "6b3343cf", ZERO_RTT),  # version 2 shifts the types by one (RFC 9369, 3.2)
        ("f0", "6b3343cf", HANDSHAKE),
    ],
)
def test_packets_that_stay_shut_say_how_long_they_are(first, version, kind):
    data = bytes.fromhex(first + version + "01aa" + "01bb" + "02" + "0000")
    header = read_long_header(data, 0)
    assert (header.kind, header.dcid, header.scid, header.number_at, header.end) == (kind, b"\xaa", b"\xbb", 10, 12)


@pytest.mark.parametrize(
    ("digits", "kind"),
    [
        ("f0 00000001 00 01bb 746f6b656e", RETRY),
        ("c0 6b3343cf 00 01bb 746f6b656e", RETRY),
        ("80 00000000 00 01bb 00000001", NEGOTIATION),
        ("c0 0a1a2a3a 00 01bb 00000001", UNKNOWN),
    ],
)
def test_packets_without_a_length_reach_to_the_end(digits, kind):
    data = bytes.fromhex(digits)
    header = read_long_header(data, 0)
    assert (header.kind, header.scid, header.number_at, header.end) == (kind, b"\xbb", 8, len(data))


def test_a_packet_cut_anywhere_is_malformed():
    for size in range(len(SERVER_INITIAL)):
        with pytest.raises(Malformed):
            read_long_header(SERVER_INITIAL[:size], 0)


@given(st.binary(max_size=80))
def test_noise_behind_the_version_is_a_header_or_malformed(noise):
    for version in ("00000001", "6b3343cf", "ff00001d", "00000000", "0a1a2a3a"):
        try:
            header = read_long_header(b"\xc0" + bytes.fromhex(version) + noise, 0)
        except Malformed:
            continue
        assert 0 < header.number_at <= header.end <= 5 + len(noise)


def test_an_offer_of_versions_is_whole_numbers_and_bounded():
    head = bytes.fromhex("8000000000 00 00")
    offer = head + bytes.fromhex("00000001 0a1a2a3a")
    assert read_versions(offer, read_long_header(offer, 0)) == [1, 0x0A1A2A3A]
    with pytest.raises(Malformed, match="cut short"):
        read_versions(offer[:-1], read_long_header(offer[:-1], 0))
    many = head + bytes(4 * VERSIONS + 4)
    assert len(read_versions(many, read_long_header(many, 0))) == VERSIONS


def test_crypto_frames_are_found_between_others():
    plain = b"\0\0\1" + crypto(b"abc", 70) + b"\1\0" + crypto(b"d")
    assert (read_crypto(plain)) == [Crypto(70, b"abc"), Crypto(0, b"d")]
    assert (read_crypto(CLIENT_CRYPTO)) == [Crypto(0, CLIENT_HELLO)]
    assert (read_crypto(SERVER_PLAIN)) == [Crypto(0, SERVER_PLAIN[9:])]


def test_an_ack_is_stepped_over_with_its_ranges_and_counts():
    with_ranges = b"\2" + varint(300) + varint(5) + varint(2) + bytes(5)
    with_counts = b"\3" + bytes(4) + bytes(3)
    assert (read_crypto(with_ranges + with_counts + crypto(b"x"))) == [Crypto(0, b"x")]


def test_an_ack_may_have_many_ranges_but_not_too_many():
    ranges = varint(ACK_RANGES) + bytes(1 + 2 * ACK_RANGES)
    assert (read_crypto(b"\2\0\0" + ranges + crypto(b"x"))) == [Crypto(0, b"x")]
    with pytest.raises(Malformed, match="too many ranges"):
        (read_crypto(b"\2\0\0" + varint(ACK_RANGES + 1) + bytes(2 * ACK_RANGES + 3)))


def test_behind_a_close_nothing_follows():
    assert (read_crypto(b"\x1c\0\0\0" + crypto(b"x"))) == []


@pytest.mark.parametrize("digits", ["08", "0600", "060003aabb", "02", "060501"])
def test_frames_that_may_not_stand_there_or_are_cut_are_malformed(digits):
    with pytest.raises(Malformed):
        (read_crypto(bytes.fromhex(digits)))


@given(st.binary(max_size=200))
def test_noise_is_frames_or_malformed(noise):
    try:
        (read_crypto(noise))
    except Malformed:
        pass


def test_a_parameter_is_found_among_others():
    content = b"\1\2\x67\x10" + b"\x71\x29\3abc"  # idle time-out; Google's user agent, 0x3129
    assert [read_parameter(content, number) for number in (1, 0x3129, 2)] == [b"\x67\x10", b"abc", None]
    assert read_parameter(content[:-1], 0x3129) == b"ab"
    assert read_parameter(b"\xc0" + content, 1) is None


def test_parameters_are_bounded():
    many = b"".join(varint(number) + b"\1!" for number in range(100))
    assert (read_parameter(many, PARAMETERS - 1), read_parameter(many, PARAMETERS)) == (b"!", None)


@pytest.mark.parametrize(
    ("version", "name"),
    [(1, "1"), (0x6B3343CF, "2"), (0x709A50C4, "2 (draft)"), (0xFF00001D, "draft-29"), (0xFACEB002, "mvfst-27"),
     (0x51303530, "Q050"), (0x54303531, "T051"), (0x0A1A2A3A, "0x0a1a2a3a"), (0x513080FF, "0x513080ff")],
)  # fmt: skip
def test_versions_have_the_names_people_give_them(version, name):
    assert version_name(version) == name
