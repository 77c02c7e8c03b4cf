"""Columns become Arrow."""

import numpy as np
import pytest

from quivive.model.columns import Taken
from quivive.model.schema import Field
from quivive.store.arrow import array_of

WHICH = np.array([2, 0, 1, 0])


@pytest.mark.parametrize(
    ("kind", "distinct", "expected"),
    [
        ("text", ["a", None, "\udc80"], ["\\udc80", "a", None, "a"]),
        ("texts", [["a", "b"], None, []], [[], ["a", "b"], None, ["a", "b"]]),
        ("bool", [True, None, False], [False, True, None, True]),
        ("int32", [7, None, 1 << 40], [None, 7, None, 7]),
    ],
)
def test_few_distinct_values_are_spread_over_the_rows(kind, distinct, expected):
    assert array_of(Taken(distinct, WHICH), Field("some", kind, "Some.")).to_pylist() == expected
