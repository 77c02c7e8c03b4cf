from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.wire_text import (
    COMMA,
    DOT,
    QUOTE,
    cut,
    escape,
    glimpse,
    ipv4_text,
    ipv6_text,
    label_text,
    mac_text,
    plain,
    quoted,
)
from quivive.model.limits import TEXT_BYTES


def test_printable_bytes_stand_for_themselves_but_for_backslash_and_the_special_one():
    assert escape(b"a,b.c\\d\n\xe4", COMMA) == r"a\x2cb.c\x5cd\x0a\xe4"
    assert escape(b"a,b.c", DOT) == r"a,b\x2ec"


def test_quotes_within_quotes_are_escaped():
    assert quoted(b'say "hi"') == r'"say \x22hi\x22"'
    assert quoted(b"") == '""'


def test_labels_are_lower_case_and_their_dots_told_from_those_between_labels():
    assert label_text(b"A.B") == r"a\x2eb"


@given(raw=st.binary(), special=st.sampled_from([DOT, COMMA, QUOTE]))
def test_escaped_bytes_can_be_read_back(raw, special):
    text = escape(raw, special)
    assert text.isascii()
    assert text.isprintable()
    assert text.encode().decode("unicode_escape").encode("latin-1") == raw


def test_a_glimpse_ends_with_a_mark_where_there_is_more():
    assert glimpse(b"\x01\xab") == "01ab"
    assert glimpse(bytes(32)) == "00" * 32
    assert glimpse(bytes(33)) == "00" * 32 + "..."


def test_text_is_cut_at_the_limit_and_marked():
    assert cut("x" * TEXT_BYTES) == "x" * TEXT_BYTES
    assert cut("x" * (TEXT_BYTES + 1)) == "x" * (TEXT_BYTES - 3) + "..."
    assert plain(b"x" * (TEXT_BYTES + 1)) == "x" * (TEXT_BYTES - 3) + "..."


def test_what_is_not_utf8_stays_visible():
    assert plain("Büro".encode() + b"\xff") == r"Büro\xff"


def test_mapped_addresses_are_dotted():
    assert ipv6_text(bytes(10) + b"\xff\xff\x01\x02\x03\x04") == "::ffff:1.2.3.4"


@given(address=st.binary(min_size=4, max_size=4))
def test_ipv4_is_as_the_standard_library_has_it(address):
    assert ipv4_text(address) == str(IPv4Address(address))


@given(address=st.binary(min_size=16, max_size=16))
def test_ipv6_is_as_the_standard_library_has_it(address):
    assert ipv6_text(b"\x20" + address[1:]) == str(IPv6Address(b"\x20" + address[1:]))


def test_hardware_addresses_have_colons():
    assert mac_text(bytes.fromhex("00259CABCDEF")) == "00:25:9c:ab:cd:ef"
