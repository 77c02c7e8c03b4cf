"""The contract of a file in detectors/: one question asked of a case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

from quivive.model.finding import Finding


class Tables(Protocol):
    """Read access to the tables of one case."""

    def sql(self, query: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Run a SELECT; `$name` in the query takes its value from `values`."""
        ...


class Detector(ABC):
    """One question asked of a case.

    Its SQL is DuckDB's dialect, a module constant with named parameters and no global scalars inside, so that the same
    text gives the same answer on the whole case and on a partition of it by `partition_by`.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    """What it asks, as one sentence an analyst would say."""
    reads: ClassVar[tuple[str, ...]]
    """Tables it needs; it is skipped, and that is said, where one is absent."""
    partition_by: ClassVar[str]
    """Column whose values can be judged apart from each other: "orig_addr"."""

    @abstractmethod
    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield a finding for every answer; as_of_ns is the time of the case's last packet."""
