import re

import pytest
from dns import rdata, rdataclass, rdatatype

from quivive.messages.dns.records import generic_text, read_name, record_text
from quivive.model.errors import Malformed
from quivive.model.limits import TEXT_BYTES

MAIL = b"\4mail\7example\3org\0"


def test_a_name_is_lower_case_without_its_final_dot():
    assert read_name(b"\3WWW\7Example\3com\0", 0) == ("www.example.com", 17)


def test_the_root_is_a_dot():
    assert read_name(b"\0", 0) == (".", 1)


def test_a_pointer_ends_a_name_and_is_followed():
    assert read_name(b"\3com\0" + b"\3www\xc0\x00", 5) == ("www.com", 11)


def test_a_pointer_that_leads_on_is_followed_too():
    assert read_name(b"\xc0\x02\3com\0", 0) == ("com", 2)


def test_pointers_in_a_circle_are_malformed():
    with pytest.raises(Malformed):
        read_name(b"\xc0\x02\xc0\x00", 0)


def test_a_pointer_to_itself_is_malformed():
    with pytest.raises(Malformed):
        read_name(b"\xc0\x00", 0)


@pytest.mark.parametrize("head", [0x40, 0x80, 0xBF])
def test_reserved_label_types_are_malformed(head):
    with pytest.raises(Malformed):
        read_name(bytes([head]) + b"a" * 200 + b"\0", 0)


def test_a_name_may_have_255_bytes_and_no_more():
    longest = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\0"
    assert len(longest) == 255
    assert read_name(longest, 0)[1] == 255
    with pytest.raises(Malformed):
        read_name((b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + b"\0", 0)


def test_127_labels_are_read_and_a_loop_is_not():
    assert read_name(b"\1a" * 127 + b"\0", 0) == (".".join("a" * 127), 255)
    with pytest.raises(Malformed):
        read_name(b"\1a\xc0\x00", 0)


# Text as dnspython has it, but for what this house writes differently: no final dots, \xNN, no quotes in parameters.
SAME_AS_DNSPYTHON = [
    ("A", "192.0.2.1"),
    ("AAAA", "2001:db8::8:800:200c:417a"),
    ("NS", "ns1.example.org."),
    ("MX", "10 mail.example.org."),
    ("SOA", "ns1.example.org. admin.example.org. 2026112101 7200 3600 1209600 3600"),
    ("TXT", '"v=spf1 -all" "second; string"'),
    ("SRV", "0 5 5060 sip.example.org."),
    ("NAPTR", '100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" .'),
    ("HINFO", '"PDP-11" "RSX-11M"'),
    ("CAA", '0 issue "ca.example.org"'),
    ("URI", '10 1 "https://example.org/"'),
    ("DS", "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"),
    ("SSHFP", "2 1 123456789abcdef67890123456789abcdef67890"),
    ("TLSA", "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"),
    ("RP", "admin.example.org. info.example.org."),
    ("KX", "10 kx.example.org."),
    ("NULL", "\\# 3 010203"),
    ("TYPE65280", "\\# 2 beef"),
    ("HTTPS", '1 . alpn="h2,h3" port="8443" ipv4hint="192.0.2.1,192.0.2.2" ipv6hint="2001:db8::1"'),
    ("SVCB", '16 foo.example.org. no-default-alpn alpn="h2"'),
]


@pytest.mark.parametrize(("kind", "text"), SAME_AS_DNSPYTHON)
def test_record_text_is_that_of_dnspython(kind, text):
    type_ = rdatatype.from_text(kind)
    wire = rdata.from_text(rdataclass.IN, type_, text).to_wire()
    ours = re.sub(r"(?<=\w)\.(?= |$)", "", text)
    if kind in ("HTTPS", "SVCB"):
        ours = ours.replace('"', "")
    assert sorted(record_text(wire, type_, 0, len(wire)).split()) == sorted(ours.split())


def test_keys_are_shown_in_part():
    wire = b"\x01\x01\x03\x0d" + bytes(range(64))
    assert record_text(wire, 48, 0, len(wire)) == "257 3 13 " + bytes(range(32)).hex() + "..."


def test_signatures_and_type_bitmaps_are_left_out():
    signature = b"\x00\x01\x0d\x02" + (300).to_bytes(4, "big") * 3 + b"\x30\x39" + MAIL + b"\xde\xad"
    assert record_text(signature, 46, 0, len(signature)) == "1 13 2 300 300 300 12345 mail.example.org"
    assert record_text(MAIL + b"\x00\x01\x40", 47, 0, len(MAIL) + 3) == "mail.example.org"


def test_unknown_parameters_are_shown_by_number():
    wire = b"\x00\x01\x00" + b"\x02\x9a\x00\x02hi" + b"\x00\x05\x00\x01\xfe" + b"\x00\x07\x00\x0a/dns{?dns}"
    assert record_text(wire, 65, 0, len(wire)) == "1 . key666=6869 ech=fe dohpath=/dns{?dns}"


@pytest.mark.parametrize(
    ("type_", "wire"),
    [
        (1, b"\1\2\3"),  # an address of three bytes
        (1, b"\1\2\3\4\5"),  # of five
        (28, bytes(15)),
        (15, b"\0\x0a" + MAIL + b"\0"),  # a byte behind the name
        (16, b"\5abc"),  # a string longer than its record
        (33, b"\0\0\0\0\0"),
        (65, b"\0\1\0" + b"\0\3\0\2\1"),  # a parameter longer than its record
        (65, b"\0\1\0" + b"\0\1\0\3\5h2"),  # a protocol name longer than its parameter
        (257, b"\0\5issue"[:4]),
    ],
)
def test_parts_that_do_not_fill_the_record_are_malformed(type_, wire):
    with pytest.raises(Malformed):
        record_text(wire, type_, 0, len(wire))


def test_a_name_must_end_within_its_record():
    with pytest.raises(Malformed):
        record_text(MAIL, 5, 0, len(MAIL) - 1)


def test_records_without_data_have_no_text():
    assert record_text(b"", 1, 0, 0) == ""
    assert generic_text(b"", 0, 0) == ""


def test_a_long_text_is_cut_and_marked():
    wire = (b"\xff" + b"x" * 255) * 20
    text = record_text(wire, 16, 0, len(wire))
    assert len(text) == TEXT_BYTES
    assert text.endswith("xxx...")
