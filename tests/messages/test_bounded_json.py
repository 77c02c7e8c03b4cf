"""JSON from a stranger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.bounded_json import MAX_JSON_BYTES, at, float_of, int_of, loads, text_of, time_ns_of
from quivive.model.errors import Malformed
from quivive.model.limits import NESTING, TEXT_BYTES


def test_value_is_read():
    assert loads(b'[2, "a", {"b": [true, null, 1.5]}]') == [2, "a", {"b": [True, None, 1.5]}]


def test_last_of_two_names_counts():
    assert loads(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize("text", [b"", b"{", b"'a'", b"[1,]", b"\xff", b"1" * 5000, b" " * (MAX_JSON_BYTES + 1)])
def test_what_is_no_json_is_malformed(text):
    with pytest.raises(Malformed):
        loads(text)


def test_depth_is_bounded():
    assert loads(b"[" * NESTING + b"]" * NESTING)
    for text in (b"[" * (NESTING + 1) + b"]" * (NESTING + 1), b'{"a":' * 100_000):
        with pytest.raises(Malformed):
            loads(text)


def test_brackets_in_texts_and_beside_each_other_are_no_depth():
    assert loads(b"[" + b'"[[[\\"[",[],' * NESTING + b"{}]")


def test_path_leads_to_a_value_or_to_none():
    value = {"a": [{"b": 1}, {"b": 2}]}
    assert at(value, "a", -1, "b") == 2
    assert [at(value, *path) for path in (("b",), ("a", 2), ("a", -3), ("a", "b"), (0,), ("a", 0, "b", "c"))] == [
        None
    ] * 6


def test_texts():
    assert [text_of(value) for value in ("a", 7, 1.5, "", True, None, [], float("nan"), 10**30)] == [
        "a",
        "7",
        "1.5",
    ] + [None] * 6
    assert text_of("\ud800") == "\\ud800"
    assert len(text_of("a" * 9999)) == TEXT_BYTES


def test_whole_numbers():
    assert [int_of(value) for value in (7, "-7", 2**63 - 1)] == [7, -7, 2**63 - 1]
    assert [int_of(value) for value in (2**63, "9" * 20, "--7", "", "\u00b2", 1.5, True, None)] == [None] * 8


def test_numbers():
    assert [float_of(value) for value in (7, "1.5", "-2e3")] == [7.0, 1.5, -2000.0]
    assert [float_of(value) for value in ("x", "nan", "1e999", 10**400, True, None, [])] == [None] * 7


@pytest.mark.parametrize(("text", "ns"), [
    ("1970-01-01T00:00:01Z", 1_000_000_000),
    ("1970-01-01T01:00:00.000001+01:00", 1000),
    ("1970-01-01T00:00:01", 1_000_000_000),
    ("9999-12-31T23:59:59Z", None),  # beyond 63 bits
    ("0001-01-01T00:00:00+23:59", None),
    ("yesterday", None),
    (5, None),
])  # fmt: skip
def test_times(text, ns):
    assert time_ns_of(text) == ns


@given(st.binary(max_size=60))
def test_noise_is_read_or_malformed(noise):
    try:
        value = loads(noise)
    except Malformed:
        return
    for read in (text_of, int_of, float_of, time_ns_of):
        read(value)
