"""Searching for machines and services: sequential test of first contacts (threshold random walk, Jung et al., 2004).

Each first contact with a machine's port moves a likelihood ratio: by how much likelier its success or failure is for
somebody who searches (success 0.2) than for somebody who knows where to go (0.8). MITRE ATT&CK T1046.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import count_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

BENIGN_SUCCESS, SCANNER_SUCCESS = 0.8, 0.2
FALSE_ALARMS = MISSES = 0.01
UPPER = math.log((1 - MISSES) / FALSE_ALARMS)
LOWER = math.log(MISSES / (1 - FALSE_ALARMS))
ON_SUCCESS = math.log(SCANNER_SUCCESS / BENIGN_SUCCESS)
ON_FAILURE = math.log((1 - SCANNER_SUCCESS) / (1 - BENIGN_SUCCESS))
MIN_FAILED = 10
"""Places that failed in all: a machine that is switched off explains four, at which the test is already sure."""
CONTACTS_WALKED = 10_000
FAILED = ["S0", "REJ", "RSTOS0", "RSTRH", "SH"]
SUCCEEDED = ["S1", "SF", "S2", "S3", "RSTO", "RSTR"]

SUSPECTS = """
SELECT orig_addr FROM flows
WHERE transport = 'tcp' AND orig_bytes = 0 AND list_contains($failed, state) AND (orig_is_own OR resp_is_own)
GROUP BY orig_addr HAVING count(*) >= $min_failed
"""

CONTACTS = """
WITH contacts AS (
    SELECT orig_addr, resp_addr, resp_port, min(ts_ns) AS first_ns, max(last_ns) AS last_ns,
           bool_or(list_contains($succeeded, state)) AS succeeded,
           bool_or(list_contains($failed, state) AND orig_bytes = 0) AS failed, min(flow_id) AS flow_id,
           sum(orig_ip_bytes) AS n_bytes, bool_or(orig_is_own) AS orig_is_own, bool_or(resp_is_own) AS resp_is_own,
           sum(resp_packets) AS n_answers
    FROM flows
    WHERE transport = 'tcp' AND (orig_is_own OR resp_is_own) AND orig_addr IN (SELECT unnest($suspects))
      AND resp_addr NOT IN (SELECT addr FROM nowhere)
    GROUP BY ALL HAVING succeeded OR failed
), walked AS (
    SELECT * FROM contacts
    QUALIFY row_number() OVER (PARTITION BY orig_addr ORDER BY first_ns, resp_addr, resp_port) <= $contacts_walked
)
SELECT orig_addr, list(succeeded ORDER BY first_ns, resp_addr, resp_port) AS outcomes,
       count(DISTINCT resp_addr) FILTER (WHERE NOT succeeded) AS n_hosts,
       count(DISTINCT resp_port) FILTER (WHERE NOT succeeded) AS n_ports,
       count(*) FILTER (WHERE NOT succeeded) AS n_failed, count(*) FILTER (WHERE succeeded) AS n_succeeded,
       mode(resp_port) FILTER (WHERE NOT succeeded) AS usual_port,
       min(resp_addr) FILTER (WHERE NOT succeeded) AS one_host, bool_or(orig_is_own) AS is_own,
       bool_or(orig_is_own AND resp_is_own AND NOT succeeded) AS is_inside, min(first_ns) AS first_ns,
       max(last_ns) AS last_ns, sum(n_bytes)::BIGINT AS n_bytes, sum(n_answers)::BIGINT AS n_answers,
       (list(flow_id ORDER BY flow_id) FILTER (WHERE NOT succeeded))[:1000] AS flow_ids
FROM walked
GROUP BY orig_addr
HAVING n_failed >= $min_failed AND n_failed > n_succeeded AND n_answers > 0
ORDER BY orig_addr
"""


class Scan(Detector):
    """A host that tries many places of which most do not answer."""

    name = "scan"
    question = "Does a machine search the network for others or for open doors?"
    reads = ("flows",)
    floor = Floor(n_flows=MIN_FAILED)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per searching host; a host of whose partners nothing was captured is not judged."""
        suspects = [row["orig_addr"] for row in tables.sql(SUSPECTS, failed=FAILED, min_failed=MIN_FAILED)]
        if not suspects:
            return
        rows = tables.sql(
            CONTACTS,
            suspects=suspects,
            succeeded=SUCCEEDED,
            failed=FAILED,
            contacts_walked=CONTACTS_WALKED,
            min_failed=MIN_FAILED,
        )
        for row in rows:
            height = highest(row["outcomes"])
            if height >= UPPER:
                yield _finding(row, height)


def highest(outcomes: Sequence[bool]) -> float:
    """Return how high the logarithm of the likelihood ratio rises; the walk starts anew where it acquits."""
    walk = top = 0.0
    for is_success in outcomes:
        walk += ON_SUCCESS if is_success else ON_FAILURE
        top = max(top, walk)
        if walk <= LOWER:
            walk = 0.0
    return top


def _finding(row: dict[str, Any], height: float) -> Finding:
    severity = Severity.LOW if not row["is_own"] else Severity.MEDIUM if row["is_inside"] else Severity.LOW
    return Finding(
        title=(
            f"{row['orig_addr']} searched {_searched(row)}: {row['n_failed']:,} first contacts failed and "
            f"{row['n_succeeded']:,} succeeded, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=severity,
        confidence=round(1 / (1 + math.exp(-min(height, UPPER))), 3),
        who=row["orig_addr"],
        what=f"{row['n_hosts']} machines, {row['n_ports']} ports" if row["n_hosts"] > 1 else row["one_host"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "an inventory or security scan that was ordered",
            "a program that looks for peers or for servers that moved (peer-to-peer, printers, old settings)",
        ),
        score=round(height, 3),
        score_parts=(
            ScorePart("failed first contacts", row["n_failed"], round(row["n_failed"] * ON_FAILURE, 3)),
            ScorePart("first contacts that succeeded", row["n_succeeded"], round(row["n_succeeded"] * ON_SUCCESS, 3)),
        ),
        attack_id="T1046",
        facts={"test": f"log likelihood ratio rose to {height:.2f}; {UPPER:.2f} decides"},
    )


def _searched(row: dict[str, Any]) -> str:
    if row["n_hosts"] == 1:
        return f"{row['one_host']} at {count_text(row['n_ports'], 'port')}"
    return f"{row['n_hosts']:,} machines, mostly at port {row['usual_port']}"
