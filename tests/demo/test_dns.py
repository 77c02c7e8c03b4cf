"""DNS messages, byte by byte."""

from __future__ import annotations

from quivive.demo import dns

QUERY = bytes.fromhex(
    "1234 0100 0001 0000 0000 0000"  # identifier, recursion desired, one question
    "0377777707 6578616d706c6500"  # www.example
    "0001 0001"  # A, IN
)


def test_a_question():
    assert dns.question(0x1234, "www.example") == QUERY


def test_an_answer_repeats_the_question_and_points_back_to_its_name():
    answered = dns.answer(QUERY, [dns.address("192.0.2.7", 60), dns.text(b"hi")])
    assert answered == bytes.fromhex("1234 8180 0001 0002 0000 0000") + QUERY[12:] + bytes.fromhex(
        "c00c 0001 0001 0000003c 0004 c0000207"
        "c00c 0010 0001 00000000 0003 026869"
    )  # fmt: skip


def test_long_text_is_cut_into_strings_of_255():
    assert dns.text(b"x" * 256).rdata == b"\xff" + b"x" * 255 + b"\1x"


def test_no_address_of_the_wanted_kind_is_an_empty_answer_but_no_address_at_all_is_no_such_name():
    assert dns.exchange(1, "a.example", [], dns.AAAA)[1][2:4] == bytes.fromhex("8180")
    assert dns.exchange(1, "a.example", [])[1][2:4] == bytes.fromhex("8183")
