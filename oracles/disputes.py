"""Answers of others that we hold to be wrong: disputed.toml, each with the reason and the clause that decides."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from oracles.adapter import Score

DISPUTED = Path(__file__).parent / "disputed.toml"
SET_ASIDE = "set aside (disputed.toml)"
NEEDED = ("source", "measure", "file", "note", "reason", "clause")


class Dispute(NamedTuple):
    """One disputed kind of answer.

    file: pattern of captures      note: regular expression that finds "theirs <> ours" as the report prints it
    """

    source: str
    measure: str
    file: str
    note: str
    reason: str
    clause: str

    def holds(self, source: str, file: str, score: Score) -> bool:
        """Return whether it speaks of a score."""
        return (
            (self.source, self.measure) == (source, score.measure)
            and fnmatchcase(file, self.file)
            and re.search(self.note, f"{score.group}: {score.note}") is not None
        )


@cache
def disputes() -> tuple[Dispute, ...]:
    """Return all disputes. Raises KeyError for one without a reason or clause."""
    listed = tomllib.loads(DISPUTED.read_text(encoding="utf-8")).get("dispute", [])
    return tuple(Dispute(*(one[part] for part in NEEDED)) for one in listed)


def settled(source: str, file: str, scores: Iterable[Score]) -> Iterator[Score]:
    """Yield scores, those in dispute set aside: they count neither for nor against us."""
    known = [one for one in disputes() if one.source == source and fnmatchcase(file, one.file)]
    for score in scores:
        is_disputed = score.note and any(one.holds(source, file, score) for one in known)
        yield Score(SET_ASIDE, score.group, 1, 1) if is_disputed else score
