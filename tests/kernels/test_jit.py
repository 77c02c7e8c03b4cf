"""Kernels: one meaning from Python and from other kernels, compiled once for each machine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from quivive.kernels.jit import _spelt, compile_heard, kernel

NUMBERS = np.array([3, 1, 4, 1, 5], np.int64)


def add_up(values, start):
    total = np.int64(0)
    for k in range(start, values.size):
        total += values[k]
    return total


def add_up_twice(values, start):
    return summed(values, start) + summed(values, np.int64(0))


def beyond(values, at):
    return values[at]


def lowest_and_highest(values):
    least = most = values[0]
    for value in values:
        least, most = min(least, value), max(most, value)
    return least, most


summed = kernel(add_up)


class Ends(NamedTuple):
    first: np.ndarray
    last: np.ndarray


class Turned(NamedTuple):
    last: np.ndarray
    first: np.ndarray


def span(ends):
    return ends.last[0] - ends.first[0]


def test_a_kernel_answers_alike_from_python_and_from_a_kernel():
    assert summed(NUMBERS, np.int64(2)) == 10
    assert kernel(add_up_twice)(NUMBERS, np.int64(2)) == 24
    assert summed(NUMBERS, np.int64(4)) == 5


def test_a_kernel_returns_several_numbers():
    assert kernel(lowest_and_highest)(NUMBERS) == (1, 5)


def test_a_kernel_is_compiled_once_for_a_machine():
    kernel(add_up_twice)(NUMBERS, np.int64(2))
    heard: list[str] = []
    with compile_heard(heard.append):
        assert kernel(add_up_twice)(NUMBERS, np.int64(3)) == 20
    assert heard == []


def test_a_new_kind_of_argument_is_compiled_for_itself():
    both = kernel(add_up)
    assert (both(NUMBERS, np.int64(0)), both(NUMBERS / 2, np.int64(0))) == (14, 7.0)


def test_an_index_beyond_the_array_is_refused():
    read = kernel(beyond)
    for _ in range(2):  # compiled or loaded, then called again
        with pytest.raises(IndexError):
            read(NUMBERS, np.int64(5))
    with pytest.raises(IndexError):
        kernel(beyond)(NUMBERS, np.int64(5))


def test_named_tuples_that_differ_in_order_alone_share_no_code():
    early, late = np.array([10], np.int64), np.array([30], np.int64)
    read = kernel(span)
    assert read(Ends(first=early, last=late)) == read(Turned(first=early, last=late)) == 20


def test_a_tuple_is_spelt_with_its_fields():
    kinds = [kernel(span).typeof_pyval(kind(NUMBERS, NUMBERS)) for kind in (Ends, Turned)]
    assert len({_spelt(kind) for kind in kinds}) == 2
