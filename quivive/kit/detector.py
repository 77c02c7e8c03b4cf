"""The contract of a file in detectors/: one question asked of a case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from quivive.model.finding import Finding

FLOW_COLUMNS = (
    "flow_id", "ts_ns", "last_ns", "orig_addr", "orig_port", "resp_addr", "resp_port", "transport", "service",
    "service_stack", "confidence", "app", "app_category", "server_name", "ja4", "state", "orig_packets", "resp_packets",
    "orig_ip_bytes", "resp_ip_bytes", "orig_bytes", "resp_bytes", "orig_gap_bytes", "resp_gap_bytes", "n_gaps",
    "orig_mac", "resp_mac", "vlan_id", "orig_is_own", "resp_is_own", "orig_registered", "resp_registered",
    "orig_operator", "resp_operator", "orig_controlling", "resp_controlling",
)  # fmt: skip
"""Columns of `flows` that a detector sees."""

WHOLE_CASE = "(whole case)"
"""For `partition_by`: what one host does is judged by what others do, so that no part can be judged by itself."""

NOWHERE = """
SELECT addr
FROM (SELECT DISTINCT resp_addr AS addr FROM flows WHERE NOT resp_is_own
      UNION SELECT DISTINCT orig_addr FROM flows WHERE NOT orig_is_own)
WHERE regexp_matches(addr, $not_a_place)
"""
"""Table `nowhere`: addresses outside that are no place (broadcast, multicast, the same cable)."""

OUTWARD = """
SELECT flow_id, ts_ns, last_ns, orig_addr, resp_addr, resp_port, transport, service, service_stack, confidence, app,
       nullif(lower(server_name), '') AS server_name, coalesce(nullif(lower(server_name), ''), resp_addr) AS peer,
       ja4, state, orig_packets, resp_packets, orig_ip_bytes, orig_bytes, resp_bytes, orig_gap_bytes, resp_registered,
       resp_operator, resp_controlling
FROM flows
WHERE orig_is_own AND NOT resp_is_own AND resp_addr NOT IN (SELECT addr FROM nowhere)
"""
"""Table `outward`: the flows that own hosts opened to places outside; `peer` is the name called, else the address."""

NAMES_CALLED = "SELECT DISTINCT server_name FROM outward WHERE server_name IS NOT NULL"
"""Table `names_called`: each name outside that an own host called, once."""

DERIVED = {"outward": OUTWARD, "names_called": NAMES_CALLED}


@dataclass(frozen=True)
class Floor:
    """What a case must hold so that a question can be answered at all; below it nobody is asked.

    span_ns:    time captured          n_flows:   flows, inside and across
    n_outward:  rows of `outward`      out_bytes: application bytes that left, whoever opened
    """

    span_ns: int = 0
    n_flows: int = 0
    n_outward: int = 0
    out_bytes: int = 0


SCOPE = """
SELECT count(*) AS n_flows, coalesce(max(last_ns), 0) AS last_ns, (SELECT count(*) FROM outward) AS n_outward,
       greatest(coalesce(max(last_ns) - min(ts_ns), 0),
                1000 * (SELECT coalesce(epoch_us(max(last_ts)) - epoch_us(min(first_ts)), 0) FROM captures)) AS span_ns,
       coalesce(sum(CASE WHEN orig_is_own AND NOT resp_is_own THEN orig_bytes
                         WHEN resp_is_own AND NOT orig_is_own THEN resp_bytes END), 0)::BIGINT AS out_bytes
FROM flows
"""
"""What a case holds, to be held against each floor."""


class Tables(Protocol):
    """Read access to the tables of one case."""

    def sql(self, query: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Run a SELECT; `$name` in the query takes its value from `values`."""
        ...


class Detector(ABC):
    """One question asked of a case.

    Its SQL is DuckDB's dialect, a module constant with named parameters and no global scalars inside, so that the same
    text gives the same answer on the whole case and on a partition of it by `partition_by`. Besides the tables it
    names there are `nowhere`, `outward` and `names_called`, made of the flows.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    """What it asks, as one sentence an analyst would say."""
    reads: ClassVar[tuple[str, ...]]
    """Tables without which there is nothing to ask: it is skipped, and that is said, where one has no rows."""
    reads_one_of: ClassVar[tuple[str, ...]] = ()
    """Tables of which one must have rows."""
    may_read: ClassVar[tuple[str, ...]] = ()
    """Tables that it looks into as well, rows or none."""
    floor: ClassVar[Floor] = Floor()
    partition_by: ClassVar[str]
    """Column whose values can be judged apart from each other: "orig_addr"; WHOLE_CASE where there is none."""

    @abstractmethod
    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield a finding for every answer; as_of_ns is the time of the case's last packet."""

    def not_judged(self, tables: Tables) -> str:
        """Return why a part of the question could not be judged in this case; nothing where all of it was."""
        return ""
