"""BER elements: lengths are believed only as far as there are bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages import ber
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.limits import LIST_ITEMS, NESTING

LDAP_BIND = bytes.fromhex(
    "30 0c"  # LDAPMessage
    "02 01 01"  # messageID 1
    "60 07"  # bindRequest
    "02 01 03"  # version 3
    "04 00"  # name ""
    "80 00"  # simple, empty
)


def test_element_is_its_tag_and_where_its_content_lies():
    assert ber.read_tlv(LDAP_BIND, 0, len(LDAP_BIND)) == (0x30, 2, 14)
    assert ber.read_tlv(LDAP_BIND, 2, 14) == (0x02, 4, 5)


def test_long_length_is_read():
    payload = bytes.fromhex("04 82 0102") + bytes(0x102)
    assert ber.read_tlv(payload, 0, len(payload)) == (0x04, 4, 4 + 0x102)


def test_tag_of_two_octets_is_one_number():
    assert ber.read_tlv(bytes.fromhex("7f21 01 ff"), 0, 4) == (0x7F21, 3, 4)
    assert ber.is_constructed(0x7F21)
    assert not ber.is_constructed(0x5F21)


@pytest.mark.parametrize("cut", range(len(LDAP_BIND)))
def test_element_cut_short_is_malformed_unless_it_may_grow(cut):
    with pytest.raises(Malformed):
        ber.read_tlv(LDAP_BIND[:cut], 0, cut)
    with pytest.raises(NeedMoreData):
        ber.read_tlv(LDAP_BIND[:cut], 0, cut, may_grow=True)


def test_what_is_missing_is_counted():
    with pytest.raises(NeedMoreData) as error:
        ber.read_tlv(bytes.fromhex("04 05 aabb"), 0, 4, may_grow=True)
    assert error.value.size == 3


@pytest.mark.parametrize(
    "header",
    [
        "30 80 0000",  # indefinite length
        "30 85 0000000001 00",  # five octets of length
        "1f ffffff 01 00",  # tag number that does not end within four octets
    ],
)
def test_header_that_no_standard_needs_is_malformed(header):
    payload = bytes.fromhex(header)
    with pytest.raises(Malformed):
        ber.read_tlv(payload, 0, len(payload), may_grow=True)


def test_header_is_read_before_its_content_has_come():
    assert ber.read_header(bytes.fromhex("30 82 0102"), 0, 4) == (0x30, 4, 4 + 0x102)
    assert ber.read_header(LDAP_BIND[:2], 0, 2) == (0x30, 2, 14)
    with pytest.raises(NeedMoreData):
        ber.read_header(bytes.fromhex("30 82 01"), 0, 3, may_grow=True)


def test_expect_refuses_another_tag():
    assert ber.expect(LDAP_BIND, 2, 14, ber.INTEGER) == (4, 5)
    with pytest.raises(Malformed, match="has tag 0x02, not 0x04"):
        ber.expect(LDAP_BIND, 2, 14, ber.OCTET_STRING)


def test_children_lie_side_by_side():
    assert list(ber.children(LDAP_BIND, 2, 14)) == [(0x02, 4, 5), (0x60, 7, 14)]


def test_child_that_leaves_its_parent_is_malformed():
    with pytest.raises(Malformed):
        list(ber.children(bytes.fromhex("02 01 01 04 09 00"), 0, 6))


def test_too_many_children_are_malformed():
    assert len(list(ber.children(b"\x05\x00" * LIST_ITEMS, 0, 2 * LIST_ITEMS))) == LIST_ITEMS
    with pytest.raises(Malformed):
        list(ber.children(b"\x05\x00" * (LIST_ITEMS + 1), 0, 2 * LIST_ITEMS + 2))


def test_by_tag_keeps_the_first_of_each():
    payload = bytes.fromhex("a0 01 00 a1 01 00 a0 02 0000")
    assert ber.by_tag(payload, 0, len(payload)) == {0xA0: (2, 3), 0xA1: (5, 6)}


def test_walk_goes_in_before_it_goes_on():
    assert list(ber.walk(LDAP_BIND, 0, 14)) == [
        (0, 0x30, 2, 14),
        (1, 0x02, 4, 5),
        (1, 0x60, 7, 14),
        (2, 0x02, 9, 10),
        (2, 0x04, 12, 12),
        (2, 0x80, 14, 14),
    ]


def nested(depth):
    payload = b"\x05\x00"
    for _ in range(depth):
        size = len(payload)
        payload = b"\x30" + (bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")) + payload
    return payload


def test_walk_has_a_depth():
    payload = nested(NESTING - 1)
    assert max(depth for depth, *_ in ber.walk(payload, 0, len(payload))) == NESTING - 1
    with pytest.raises(Malformed):
        list(ber.walk(nested(NESTING), 0, len(nested(NESTING))))


def test_walk_has_a_length():
    assert len(list(ber.walk(b"\x05\x00" * 8, 0, 16, limit=8))) == 8
    with pytest.raises(Malformed):
        list(ber.walk(b"\x05\x00" * 9, 0, 18, limit=8))


@pytest.mark.parametrize(
    ("content", "number"), [("00", 0), ("ff", -1), ("00ff", 255), ("8000", -32768), ("00ffffffffffffffff", 2**64 - 1)]
)
def test_integer_is_twos_complement(content, number):
    assert ber.read_integer(bytes.fromhex(content)) == number


@pytest.mark.parametrize("content", ["", "01ffffffffffffffff", "00" * 10])
def test_integer_outside_64_bits_is_malformed(content):
    with pytest.raises(Malformed):
        ber.read_integer(bytes.fromhex(content))


@pytest.mark.parametrize(
    ("content", "oid"),
    [("2a864886f712010202", "1.2.840.113554.1.2.2"), ("550403", "2.5.4.3"), ("883703", "2.999.3"), ("00", "0.0")],
)
def test_object_identifier_is_dotted(content, oid):
    assert ber.read_oid(bytes.fromhex(content)) == oid


@pytest.mark.parametrize("content", ["", "2a86", "2a" + "01" * 128])
def test_object_identifier_that_does_not_end_is_malformed(content):
    with pytest.raises(Malformed):
        ber.read_oid(bytes.fromhex(content))


def test_text_that_is_not_utf8_stays_visible():
    assert ber.read_text(b"J\xc3\xbcrgen\xff") == "Jürgen\\xff"


@given(st.binary(max_size=200))
def test_noise_is_elements_or_malformed(payload):
    for read in (ber.children, ber.walk):
        try:
            for *_, start, stop in read(payload, 0, len(payload)):
                assert 0 < start <= stop <= len(payload)
        except Malformed:
            pass
