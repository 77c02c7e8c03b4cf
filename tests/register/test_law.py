"""What a transfer can rest on, as far as countries tell."""

from __future__ import annotations

import pytest

from quivive.register.law import law_of


@pytest.mark.parametrize(
    ("located", "controlling", "tool", "is_third"),
    [
        (["FR"], ["DE"], "none_needed", False),
        (["DE"], ["CN"], "to_be_shown", True),
        (["DE"], ["US"], "adequacy", True),
        ([], ["US"], "adequacy", True),
        (["BR"], ["CH"], "adequacy", True),
        (["IN"], [], "to_be_shown", True),
        (["CH"], ["RU"], "to_be_shown", True),
        ([], ["FR"], "not_known", None),
        (["FR"], [], "not_known", None),
        ([], [], "not_known", None),
    ],
)
def test_the_least_protected_country_decides(located, controlling, tool, is_third):
    found = law_of(located, controlling)
    assert (found.tool, found.is_third) == (tool, is_third)


def test_a_limited_decision_says_its_limit():
    assert law_of(["US"], ["US"]).status == "adequate: US (participants of the Data Privacy Framework only)"


def test_what_is_not_known_is_named():
    assert law_of([], ["FR"]).status == "not known where it is located"
    assert law_of([], []).status == "not known where it is located and controlled"
