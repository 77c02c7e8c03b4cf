"""LDAP filters are written as RFC 4515 writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.ldap_filter import Filter, escape
from quivive.model.errors import Malformed
from quivive.model.limits import LIST_ITEMS, NESTING, TEXT_BYTES


def tlv(tag, *content):
    content = b"".join(content)
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + content


def equal(attribute, value):
    return tlv(0xA3, tlv(4, attribute), tlv(4, value))


def read(encoded):
    found = Filter()
    assert found.read(encoded, 0, len(encoded)) == len(encoded)
    return found


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("8708 6f626a656374436c", "(objectCl=*)"),
        ("a308 0402 636e 0402 4a57", "(cn=JW)"),
        ("a508 0402 636e 0402 4a57", "(cn>=JW)"),
        ("a608 0402 636e 0402 4a57", "(cn<=JW)"),
        ("a808 0402 636e 0402 4a57", "(cn~=JW)"),
        ("a20a a308 0402 636e 0402 4a57", "(!(cn=JW))"),
        ("a40c 0402 636e 3006 8001 41 8201 5a", "(cn=A*Z)"),
        ("a40c 0402 636e 3006 8101 41 8101 5a", "(cn=*A*Z*)"),
        ("a409 0402 636e 3003 8001 41", "(cn=A*)"),
        ("a90b 8103 312e33 8201 75 8301 32", "(u:1.3:=2)"),
        ("a909 8201 75 8301 32 8401 ff", "(u:dn:=2)"),
        ("a100", "(|)"),
    ],
)
def test_filter_is_written(encoded, text):
    assert read(bytes.fromhex(encoded)).text == text


def test_conditions_name_attributes_and_values():
    found = read(tlv(0xA0, equal(b"Host", b"PC17"), tlv(0x87, b"mail"), tlv(0xA2, equal(b"Host", b"PC18"))))
    assert found.text == "(&(Host=PC17)(mail=*)(!(Host=PC18)))"
    assert found.conditions == [("Host", "PC17"), ("mail", ""), ("Host", "PC18")]
    assert found.attributes == ["Host", "mail"]


def test_special_characters_are_escaped():
    assert escape(b"a*(b)\\\x00") == "a\\2a\\28b\\29\\5c\\00"
    assert escape("Jürgen".encode()) == "Jürgen"
    assert escape(b"\x01\xff") == "\\01\\ff"


def test_filter_has_a_depth():
    encoded = equal(b"a", b"b")
    for _ in range(NESTING):
        encoded = tlv(0xA2, encoded)
    assert read(encoded).text.count("!") == NESTING
    with pytest.raises(Malformed, match="nested too deep"):
        read(tlv(0xA2, encoded))


def test_filter_has_a_number_of_items():
    assert len(read(tlv(0xA1, *[tlv(0x87, b"a")] * (LIST_ITEMS - 1))).conditions) == LIST_ITEMS - 1
    with pytest.raises(Malformed, match="too long"):
        read(tlv(0xA1, *[tlv(0x87, b"a")] * LIST_ITEMS))


def test_long_filter_is_cut_and_marked():
    text = read(tlv(0xA1, equal(b"a", b"x" * 3000), equal(b"b", b"y" * 3000))).text
    assert text.endswith("...")
    assert len(text) <= TEXT_BYTES + 3


def test_other_kinds_are_malformed():
    with pytest.raises(Malformed, match="filter of kind 0x30"):
        read(b"\x30\x00")


@given(st.binary(max_size=60))
def test_noise_is_a_filter_or_malformed(encoded):
    try:
        Filter().read(encoded, 0, len(encoded))
    except Malformed:
        pass
