"""The contract of a file in sources/: which captures an oracle speaks of, and how its answers compare with ours."""

from __future__ import annotations

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from quivive.store.query import CaseTables

NAMES = Path(__file__).parent / "names.toml"


class Score(NamedTuple):
    """How much of one kind of answer agreed in one capture.

    measure: what was compared       group: protocol or field it is about
    right, total: answers that agree, and all       note: what differed: theirs, then ours
    """

    measure: str
    group: str
    right: float
    total: float
    note: str = ""


@dataclass
class Seen:
    """What we found in one capture."""

    case: CaseTables
    _asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def flows(self) -> list[dict[str, Any]]:
        """Rows of the flows table."""
        return self.rows("flows")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of any table; none where it does not exist."""
        return self.asked(f'FROM "{table}"') if table in self.case.names() else []

    def asked(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a SELECT over our tables; an oracle may ask the same more than once."""
        if query not in self._asked:
            self._asked[query] = list(self.case.sql(query))
        return self._asked[query]


class Adapter(ABC):
    """One oracle."""

    name: ClassVar[str]
    title: ClassVar[str]
    bars: ClassVar[dict[str, float]] = {}
    """Share that each measure must reach."""
    macro: ClassVar[frozenset[str]] = frozenset()
    """Measures of which the mean over captures counts, not the sum of answers."""

    @classmethod
    @abstractmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Return what the oracle says, by capture file relative to the corpus."""

    @classmethod
    @abstractmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Compare one capture's answers with our tables."""


@cache
def names(source: str) -> dict[str, frozenset[str]]:
    """Return an oracle's words for protocols and what we call them."""
    declared = tomllib.loads(NAMES.read_text(encoding="utf-8")).get(source, {})
    return {word: frozenset(ours) for word, ours in declared.items()}


def endpoints(a: str, a_port: int, b: str, b_port: int) -> tuple[tuple[str, int], ...]:
    """Return both ends in a fixed order: who opened a flow is seen differently by different tools."""
    return tuple(sorted(((a, a_port), (b, b_port))))
