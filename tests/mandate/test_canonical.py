"""The canonical form: RFC 8785's own examples, and what has none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.mandate.canonical import LARGEST, canonical, digest
from quivive.model.errors import MandateError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_names_are_sorted_by_their_utf_16_units():
    """RFC 8785, 3.2.3: the emoji's surrogates sort before U+FB33, though its code point is the larger."""
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical(names))) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_texts_are_escaped_as_little_as_may_be():
    """RFC 8785, 3.2.2.2."""
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


def test_there_is_no_blank_and_lists_keep_their_order():
    assert canonical({"b": [3, 1, True], "a": {"z": None, "y": "x"}}) == b'{"a":{"y":"x","z":null},"b":[3,1,true]}'


@given(VALUES)
def test_it_is_json_that_means_the_same(value):
    assert json.loads(canonical(value)) == value


@given(VALUES, VALUES)
def test_equal_digests_are_of_equal_values(one, other):
    assert (digest(one) == digest(other)) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@pytest.mark.parametrize("value", [1.5, LARGEST + 1, b"x", {1: 2}, "\ud800", {"\ud800": 1}])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(MandateError):
        canonical(value)


def test_nesting_is_bounded():
    value: list = []
    for _ in range(10_000):
        value = [value]
    with pytest.raises(MandateError, match="deeply"):
        canonical(value)
