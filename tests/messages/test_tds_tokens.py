"""TDS tokens tell how an answer begins and ends."""

import pytest

from quivive.messages.tds_tokens import count_of, headers_bytes, read_tokens


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("16000000 12000000 0200 0000000000000000 01000000", 22),
        ("16000000 12000000 0200", 0),
        ("73006500 6c006500", 0),
        ("04000000 04000000", 0),
        ("", 0),
    ],
)
def test_headers_before_a_request_are_measured(body, size):
    assert headers_bytes(bytes.fromhex(body)) == size


def test_first_error_counts():
    error = bytes.fromhex("aa 0600 18480000 01 0e")
    later = bytes.fromhex("aa 0600 01000000 01 0e")
    assert read_tokens(error + later, is_sybase=False) == {"sql_error": "18456"}


@pytest.mark.parametrize(("severity", "told"), [("0a", {}), ("0b", {"sql_error": "5701"})])
def test_only_severe_messages_of_sybase_are_errors(severity, told):
    body = bytes.fromhex("e5 0600 45160000 01") + bytes.fromhex(severity)
    assert read_tokens(body, is_sybase=True) == told


def test_refusal_of_sybase_is_no_acknowledgment():
    assert read_tokens(bytes.fromhex("ad 0100 06"), is_sybase=True) == {"is_accepted": False}


def test_results_end_the_reading():
    assert read_tokens(bytes.fromhex("81 0100 aa 0600 18480000 01 0e"), is_sybase=False) == {}


def test_count_stands_in_the_last_token():
    assert count_of(bytes.fromhex("00 fd 1000 c100 0700000000000000")) == 7
    assert count_of(bytes.fromhex("00 fd 0000 c100 0700000000000000")) is None
    assert count_of(bytes.fromhex("fd 1000 c100 07000000000000")) is None
    assert count_of(bytes.fromhex("fd 1000 c100 ffffffffffffffff")) == 2**63 - 1
