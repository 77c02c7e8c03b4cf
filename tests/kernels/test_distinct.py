"""Byte strings are numbered as a dictionary numbers them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.distinct import PROBES, distinct, distinct_spans, mixed, number_distinct


def numbered(strings):
    """Return what a dictionary says: the number of each string in order of appearance, -1 for None."""
    numbers = {}
    return [-1 if one is None else numbers.setdefault(one, len(numbers)) for one in strings]


def firsts(strings):
    """Return the number of the first string of each kind."""
    return [strings.index(one) for one in dict.fromkeys(one for one in strings if one is not None)]


def spans_of(strings):
    """Return bytes and the spans that point to each string in them."""
    data, spans = b"\xff", []
    for one in strings:
        spans.append(-1 if one is None else len(data) << 16 | len(one))
        data += one or b""
    return np.frombuffer(data, np.uint8).copy(), np.array(spans, np.int64)


words = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple)


@given(st.lists(st.none() | words, max_size=40))
def test_strings_of_words_are_numbered_as_a_dictionary_does(strings):
    flat = [word for one in strings for word in one or ()]
    size = np.array([len(one or ()) for one in strings], np.int64)
    number, sample = distinct(np.array(flat, np.uint64), np.cumsum(size) - size, size)
    assert (number.tolist(), sample.tolist()) == (numbered(strings), firsts(strings))


@given(st.lists(st.none() | st.binary(max_size=20) | st.sampled_from([b"", b"\0", bytes(8), bytes(9)]), max_size=30))
def test_spans_are_numbered_as_a_dictionary_does(strings):
    number, sample = distinct_spans(*spans_of(strings))
    assert (number.tolist(), sample.tolist()) == (numbered(strings), firsts(strings))


def test_a_string_whose_place_is_taken_often_passes_for_a_new_one():
    """Strings made to collide cost no more than PROBES looks each; that like ones get two numbers harms nobody."""
    values = []
    with np.errstate(over="ignore"):
        for candidate in range(1 << 20):
            if mixed(np.array([candidate], np.uint64), np.int64(0), np.int64(1)) & 0xFF == 0:
                values.append(candidate)
            if len(values) == PROBES + 1:
                break
    n = len(values)
    strings = np.array(values + values[-2:], np.uint64)
    number, sample = np.empty(n + 2, np.int64), np.empty(n + 2, np.int64)
    start, size = np.arange(n + 2), np.ones(n + 2, np.int64)
    table = np.full(256, -1, np.int64)
    with np.errstate(over="ignore"):
        assert number_distinct(strings, start, size, table, number, sample) == n + 1
    assert number.tolist() == [*range(n), n - 2, n]
