"""Risks of flows: the conditions of `risks.toml` asked of the tables, in one statement for all that have rows."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive import flows
from quivive.model import shipped_toml
from quivive.model.columns import Taken
from quivive.model.errors import PluginError
from quivive.model.risk_table import RISKS
from quivive.store.parquet import ParquetTable

if TYPE_CHECKING:
    from quivive.store.working import WorkingTables

KEYS = {"severity": str, "meaning": str, "tables": list, "when": str}
SEVERITIES = ("note", "low", "medium", "high")
MOST_FOR_A_TABLE = 62
"""Risks that one table can show: each has a bit of a 64-bit number."""
BIT = "CASE WHEN {} THEN {} ELSE 0 END"
PART = """
SELECT coalesce(flow_id, -1) AS flow_id, coalesce(ts_ns, 0) AS ts_ns, CAST({} AS BIGINT) AS bits, {}::BIGINT AS nth
FROM {}
"""


class Risk(NamedTuple):
    """severity: of SEVERITIES; meaning: a sentence; tables: whose rows show it; when: the condition on a row."""

    name: str
    severity: str
    meaning: str
    tables: tuple[str, ...]
    when: str


@functools.cache
def shipped() -> tuple[Risk, ...]:
    """Return the risks that this build knows."""
    return tuple(risks_of(shipped_toml.read(Path(flows.__file__).with_name("risks.toml"))))


def risks_of(table: dict[str, Any], file: str = "risks.toml") -> Iterator[Risk]:
    """Yield the risks of a table as in `risks.toml`. Raises PluginError for what does not fit."""
    counts: Counter[str] = Counter()
    for name, row in table.items():
        kinds = {key: type(value) for key, value in row.items()} if isinstance(row, dict) else {}
        if kinds != KEYS or row["severity"] not in SEVERITIES or not row["tables"]:
            raise PluginError(f"{file}: {name}: should have {', '.join(KEYS)}; severity is of {', '.join(SEVERITIES)}")
        counts.update(row["tables"])
        if max(counts.values()) > MOST_FOR_A_TABLE:
            raise PluginError(f"{file}: {name}: a table can show at most {MOST_FOR_A_TABLE} risks")
        yield Risk(name, row["severity"], row["meaning"], tuple(row["tables"]), row["when"])


def of_tables() -> dict[str, list[int]]:
    """Return the numbers of the risks that each table can show."""
    numbers: dict[str, list[int]] = {}
    for number, risk in enumerate(shipped()):
        for table in risk.tables:
            numbers.setdefault(table, []).append(number)
    return numbers


def statement(asked: dict[str, list[int]]) -> str:
    """Return one statement that asks all conditions of some tables, a bit each: planning costs more than reading.

    It is put together of what comes with the program, never of a value.
    """
    parts = []
    for nth, (table, numbers) in enumerate(asked.items()):
        bits = [BIT.format(shipped()[number].when, 1 << bit) for bit, number in enumerate(numbers)]
        parts.append(PART.format(" + ".join(bits), nth, table))
    return " UNION ALL ".join(parts)


def write_risks(tables: WorkingTables, folder: Path) -> None:
    """Write the table `risks` of a case. folder: its tables."""
    tables.has("dns")  # opens it: a name is held against what was looked up
    asked = {name: numbers for name, numbers in of_tables().items() if tables.has(name)}
    table = ParquetTable(RISKS, folder)
    told = np.concatenate(list(_found(tables, asked)))
    if len(told):
        told = _once(told)
        which = told[:, 2]
        table.add_columns(
            {
                "flow_id": told[:, 0],
                "ts_ns": told[:, 1],
                "risk": Taken([risk.name for risk in shipped()], which),
                "risk_severity": Taken([risk.severity for risk in shipped()], which),
                "risk_meaning": Taken([risk.meaning for risk in shipped()], which),
            }
        )
    table.close()


def _found(tables: WorkingTables, asked: dict[str, list[int]]) -> Iterator[NDArray[np.int64]]:
    """Yield flow, time and number of the risks that the tables show: int64 (n, 3) each."""
    every = list(asked.values())
    yield np.zeros((0, 3), np.int64)
    for flow_id, ts_ns, bits, nth in tables.numbers(statement(asked)) if asked else ():
        for of_table in np.unique(nth).tolist():
            is_here = (nth == of_table) & (flow_id >= 0)
            for bit, number in enumerate(every[of_table]):
                rows = np.flatnonzero(is_here & (bits >> bit & 1 == 1))
                yield np.stack([flow_id[rows], ts_ns[rows], np.full(rows.size, number)], axis=1)


def _once(told: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each flow's risks once, by flow and number, with the time of the first row that shows it."""
    told = told[np.lexsort((told[:, 1], told[:, 2], told[:, 0]))]
    is_first = np.ones(len(told), np.bool_)
    is_first[1:] = (told[1:, ::2] != told[:-1, ::2]).any(axis=1)
    return told[is_first]
