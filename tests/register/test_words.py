"""The register's vocabulary."""

from __future__ import annotations

import re

import pytest

from quivive.register import categories, words
from quivive.register.categories import CARRIED, kind_of

VOCABULARIES = {"categories": words.CATEGORIES, "means": words.MEANS, "values": words.VALUES, "titles": words.TITLES}


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_word_is_said_in_both_languages(name):
    for word, told in VOCABULARIES[name].items():
        assert set(told) == set(words.LANGUAGES), word
        assert all(told.values()), word


def test_every_category_and_means_has_words():
    kinds = [*CARRIED.values(), *(kind for _, kind in categories.BY_SERVICE)]
    for service in (None, "tls", "rdp", "http1", "smtp", "ssh", "nonsense"):
        for is_hidden in (False, True):
            for is_opened_outside in (False, True):
                kinds.append(kind_of(service, None, is_hidden=is_hidden, is_opened_outside=is_opened_outside))
    assert {kind.category for kind in kinds} <= set(words.CATEGORIES)
    assert {kind.means for kind in kinds} <= set(words.MEANS)
    assert {kind.sensitivity for kind in kinds} <= set(words.VALUES)


def test_a_sentence_has_the_same_figures_in_both_languages():
    for told in words.TITLES.values():
        fields = {language: sorted(re.findall(r"{\w+}", text)) for language, text in told.items()}
        assert fields["en"] == fields["fr"]
