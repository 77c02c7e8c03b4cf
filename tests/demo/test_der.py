"""DER forms, against the examples of X.690."""

from __future__ import annotations

from quivive.demo import der


def test_an_object_identifier_of_large_numbers():
    assert der.oid("1.2.840.113554.1.2.2") == bytes.fromhex("0609 2a864886f712010202")


def test_lengths_from_128_take_more_bytes():
    assert der.octets(b"x" * 127)[:2] == bytes.fromhex("047f")
    assert der.octets(b"x" * 128)[:3] == bytes.fromhex("048180")
    assert der.octets(b"x" * 256)[:4] == bytes.fromhex("04820100")


def test_integers_stay_positive():
    assert der.integer(0) == bytes.fromhex("020100")
    assert der.integer(127) == bytes.fromhex("02017f")
    assert der.integer(128) == bytes.fromhex("02020080")


def test_tags_that_wrap():
    assert der.context(2, der.application(14, der.sequence())) == bytes.fromhex("a204 6e02 3000")
