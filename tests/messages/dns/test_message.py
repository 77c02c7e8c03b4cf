import pytest

from quivive.messages.dns.message import (
    ADDITIONALS,
    ANSWERS,
    AS_DATA,
    BAD_DATA,
    BAD_QUESTION,
    BAD_RECORD,
    TOO_LONG,
    TOO_MANY,
    Question,
    Record,
    read_message,
)
from quivive.model.errors import Malformed
from quivive.model.limits import DNS_RECORDS

# Response to "example.com A": one address, one name server, EDNS with a client subnet.
RESPONSE = bytes.fromhex(
    "1234 8180 0001 0001 0001 0001"  # id, QR RD RA, counts
    "07 6578616d706c65 03 636f6d 00  0001 0001"  # example.com A IN
    "c00c 0001 0001 0000012c 0004 c0000201"  # 192.0.2.1, 300 s
    "c00c 0002 0001 00015180 0005 02 6e73 c00c"  # ns.example.com
    "00 0029 04d0 00008000 000b"  # OPT: 1232 bytes, DO
    "0008 0007 0001 18 00 c63364"  # client subnet 198.51.100.0/24
)
QUESTION_AT, ANSWER_AT, AUTHORITY_AT, OPT_AT = 12, 29, 45, 62


def test_a_response_is_read_whole():
    message = read_message(RESPONSE, ANSWERS)
    assert (message.trans_id, message.flags, message.counts) == (0x1234, 0x8180, (1, 1, 1, 1))
    assert message.questions == [Question("example.com", 1, 1)]
    assert message.records == [Record(ANSWERS, "example.com", 1, 1, 300, "192.0.2.1", b"\xc0\0\2\1")]
    assert (message.edns_bytes, message.edns_flags, message.edns_subnet) == (1232, 0x8000, "198.51.100.0/24")
    assert (message.opcode, message.rcode, message.slack, message.fault, message.fault_at) == (0, 0, 0, 0, -1)
    assert not message.is_malformed


def test_only_wanted_sections_are_kept():
    assert read_message(RESPONSE, 0).records == []
    assert [record.text for record in read_message(RESPONSE, 15).records] == ["192.0.2.1", "ns.example.com"]


def test_edns_extends_the_response_code():
    message = read_message(RESPONSE.replace(bytes.fromhex("04d0 00008000"), bytes.fromhex("04d0 01000000")), 0)
    assert message.rcode == 16


@pytest.mark.parametrize("size", range(len(RESPONSE)))
def test_cut_short_it_keeps_what_came_before(size):
    if size < 12:
        with pytest.raises(Malformed):
            read_message(RESPONSE[:size], ANSWERS)
        return
    message = read_message(RESPONSE[:size], ANSWERS)
    place = max(at for at in (QUESTION_AT, ANSWER_AT, AUTHORITY_AT, OPT_AT) if at <= size)
    assert message.fault_at == place
    assert message.fault == (BAD_QUESTION if place == QUESTION_AT else BAD_RECORD)
    assert message.is_malformed
    assert len(message.records) == (size >= AUTHORITY_AT)


def test_bytes_behind_the_last_record_are_counted():
    assert read_message(RESPONSE + b"abc", 0).slack == 3


def test_bad_data_does_not_hide_what_follows():
    message = read_message(RESPONSE.replace(bytes.fromhex("c0000201"), b"\1\2\3\4").replace(b"\0\4\1", b"\0\4\1"), 15)
    assert not message.fault
    short = bytes.fromhex(
        "1234 8180 0000 0002 0000 0000 00 0001 0001 00000000 0001 07 00 0001 0001 00000000 0004 01020304"
    )
    message = read_message(short, ANSWERS)
    assert [record.text for record in message.records] == ["\\# 1 07", "1.2.3.4"]
    assert (message.fault, message.fault_at) == (BAD_DATA, 12)


@pytest.mark.parametrize(
    ("option", "subnet"),
    [
        ("0001 18 00 c63364", "198.51.100.0/24"),
        ("0001 00 00", "0.0.0.0/0"),
        ("0002 38 00 20010db8000000", "2001:db8::/56"),
        ("0001 20 00 c633640100", ""),  # five bytes of an IPv4 address
        ("0001 21 00 c6336401", ""),  # 33 bits of it
        ("0003 18 00 c63364", ""),  # no such family
        ("0001 18", ""),
    ],
)
def test_client_subnets_are_addresses_with_a_prefix(option, subnet):
    content = bytes.fromhex(option)
    data = b"\x00\x08" + len(content).to_bytes(2, "big") + content
    opt = bytes.fromhex("00 0029 04d0 00000000") + len(data).to_bytes(2, "big") + data
    message = read_message(bytes.fromhex("1234 0100 0000 0000 0000 0001") + opt, 0)
    assert message.edns_subnet == subnet
    assert (message.fault == BAD_DATA) == (subnet == "")


def test_options_must_fill_their_record():
    opt = bytes.fromhex("00 0029 04d0 00000000 0003 000800")
    message = read_message(bytes.fromhex("1234 0100 0000 0000 0000 0001") + opt, ADDITIONALS)
    assert (message.fault, message.records) == (BAD_DATA, [])


def test_more_records_than_are_read_are_a_bound_not_a_fault():
    record = bytes.fromhex("00 0001 0001 00000000 0000")
    head = bytes.fromhex("1234 8180 0000") + (DNS_RECORDS + 1).to_bytes(2, "big") + bytes(4)
    message = read_message(head + record * (DNS_RECORDS + 1), ANSWERS)
    assert len(message.records) == DNS_RECORDS
    assert (message.fault, message.is_malformed, message.slack) == (TOO_MANY, False, 0)
    exact = bytes.fromhex("1234 8180 0000") + DNS_RECORDS.to_bytes(2, "big") + bytes(4)
    assert read_message(exact + record * DNS_RECORDS, ANSWERS).fault == 0


def test_records_may_be_wanted_as_data_only():
    record = bytes.fromhex("00 0021 0001 00000000 0002 beef")  # no service record in DNS, but one in NetBIOS
    message = read_message(bytes.fromhex("1234 8180 0000 0001 0000 0000") + record, ANSWERS | AS_DATA)
    assert [(entry.text, entry.data) for entry in message.records] == [("", b"\xbe\xef")]
    assert message.fault == 0


def test_rules_that_are_broken_go_before_texts_that_grow_too_long():
    name = (b"\x3f" + b"." * 63) * 3 + b"\x3d" + b"." * 61 + b"\0"
    head = bytes.fromhex("1234 8180 0001 0028 0000 0000") + name + b"\0\1\0\1"
    long = head + bytes.fromhex("c00c 0005 0001 00000000 0002 c00c") * 40
    assert read_message(long, ANSWERS).fault == TOO_LONG
    assert read_message(long[:-1], ANSWERS).fault == BAD_RECORD
