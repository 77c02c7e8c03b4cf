"""One scenario: an office for a time, with every kind of leak planted, asked by every detector."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quality import benign, leaks
from quality.benign import Office
from quality.leaks import KINDS, Planter
from quality.rows import HOUR, START_NS, Rows, capture
from quality.truth import Leak, Verdict, judge
from quivive.engine import registry
from quivive.engine.questions import ask_all, working_tables
from quivive.model.finding import Finding


@dataclass(frozen=True)
class Scenario:
    """How large and how long."""

    name: str
    n_hosts: int
    hours: int

    @property
    def host_days(self) -> float:
        """Machines times days."""
        return self.n_hosts * self.hours / 24


SCENARIOS = (
    Scenario("5 hosts, 12 hours", 5, 12),
    Scenario("500 hosts, 1 day", 500, 24),
    Scenario("100 hosts, 7 days", 100, 7 * 24),
    Scenario("30 hosts, 30 days", 30, 30 * 24),
)
STEP_H = 6
"""A case is cut after every so many hours, to see from when on a leak is told."""
TIMED = Scenario("40 hosts, 3 days", 40, 72)


def fill(scenario: Scenario, seed: int, kinds: Mapping[str, Planter] = KINDS) -> tuple[Rows, list[Leak], int]:
    """Return the rows of a scenario, what was planted, and how many benign domains were looked up."""
    rows = Rows(seed)
    hosts = [f"10.{k // 60_000}.{k // 250 % 250}.{1 + k % 250}" for k in range(scenario.n_hosts)]
    office = Office(hosts, START_NS + scenario.hours * HOUR)
    n_domains = benign.everything(rows, office)
    planted = list(leaks.plant(rows, office, dict(kinds)))
    capture(rows, office.until_ns)
    return rows, planted, n_domains


def asked(rows: Rows, *, until_ns: int) -> list[tuple[str, Finding]]:
    """Return what all detectors say of the rows until a time, each finding with its detector's name."""
    with tempfile.TemporaryDirectory() as folder:
        rows.write(Path(folder) / "tables", until_ns=until_ns)
        tables = working_tables(Path(folder) / "tables", registry.tables())
        try:
            return [(kind.name, finding) for kind, finding in ask_all(tables, is_strict=True).found]
        finally:
            tables.close()


def run(scenario: Scenario, seed: int) -> Verdict:
    """Make a scenario, ask, and judge."""
    rows, planted, n_domains = fill(scenario, seed)
    found = asked(rows, until_ns=START_NS + scenario.hours * HOUR)
    return judge(Verdict(scenario.name, scenario.host_days, n_domains), planted, found)


def first_told(seed: int) -> dict[str, float | None]:
    """Return for each kind of leak after how many hours of it the case first tells; None where it never does."""
    rows, planted, _ = fill(TIMED, seed)
    found: dict[str, float | None] = {leak.kind: None for leak in planted}
    for hours in range(STEP_H, TIMED.hours + 1, STEP_H):
        until_ns = START_NS + hours * HOUR
        told = asked(rows, until_ns=until_ns)
        for leak in planted:
            if found[leak.kind] is None and any(leak.is_told_by(name, finding) for name, finding in told):
                found[leak.kind] = max((until_ns - leak.first_ns) / HOUR, 0.0)
    return found
