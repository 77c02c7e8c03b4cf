"""Modules that are read when first used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from quivive.model.later import Later

FIRST_USE = """
import sys
from quivive.model.later import Later
colours = Later("colorsys")
before = "colorsys" in sys.modules
colours.rgb_to_hsv(0, 0, 0)
print(before, "colorsys" in sys.modules)
"""


def test_a_module_is_read_at_its_first_use():
    told = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=True)
    assert told.stdout == "False True\n"


def test_what_a_module_holds_is_the_modules_own():
    import fractions

    assert Later("fractions").Fraction is fractions.Fraction


def test_what_a_module_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = Later("fractions").nothing


def test_a_module_that_is_not_there_says_so():
    with pytest.raises(ModuleNotFoundError):
        _ = Later("quivive.nowhere").anything
