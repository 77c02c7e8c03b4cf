"""What a tunnel carried is in the case under level L3, and nowhere below it."""

from __future__ import annotations

import base64
import gzip
import random

import pytest

from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.terms import Level
from tests.engine.test_keeping import case_of, everything, grant, query

STORY = "The quotation for the zebra contract leaves tonight, " + "page after page, " * 3
SENTENCE = STORY + random.Random(5).randbytes(1_600).hex()


def frames():
    """Look-ups that carry the sentence: gzip, then base32, 100 letters a name."""
    text = base64.b32encode(gzip.compress(SENTENCE.encode(), mtime=0)).decode().lower().rstrip("=")
    parts = [text[start : start + 100] for start in range(0, len(text), 100)]
    return [
        query(f"{part[:50]}.{part[50:]}.drop.example".replace("..", "."), port=40_000 + k)
        for k, part in enumerate(parts)
    ]


@pytest.mark.parametrize(
    "given",
    [NO_MANDATE, grant("10.0.0.0/8", levels=(Level.L0, Level.L1)),
     grant("10.0.0.0/8", levels=(Level.L0, Level.L1, Level.L2))],
    ids=["none", "L1", "L2"],
)  # fmt: skip
def test_below_l3_only_chain_size_and_kind_are_told(tmp_path, given):
    with case_of(tmp_path, frames(), given) as case:
        assert "base32, then gzip: 3,304 bytes of text (shown under level L3)" in str(case.select("findings").rows())
        held = everything(case)
    assert "zebra contract" not in held
    assert SENTENCE[-64:] not in held


def test_under_l3_the_text_is_shown(tmp_path):
    given = grant("10.0.0.0/8", levels=(Level.L0, Level.L1, Level.L2, Level.L3), case_ref="A-1")
    with case_of(tmp_path, frames(), given) as case:
        (row,) = case.select("carried").rows()
    assert (row["what"], row["carried_chain"], row["is_carried_text"]) == ("drop.example", ["base32", "gzip"], True)
    assert row["carried_text"] == SENTENCE
