"""After reading: the hosts, the host index, the detectors' findings, the brief."""

from __future__ import annotations

from typing import Any

import numpy as np

from quivive.case.brief import brief_text
from quivive.case.campaigns import campaigns
from quivive.case.folder import CaseFolder, read_manifest
from quivive.engine import registry
from quivive.engine.canaries import write_canaries
from quivive.engine.outflow import write_outflow
from quivive.engine.questions import Answers, ask_all, working_tables
from quivive.engine.risks import write_risks
from quivive.flows.vendors import vendor_of
from quivive.kernels.text import address_bytes
from quivive.kit.detector import Detector
from quivive.mandate.terms import Level
from quivive.model.case_tables import CARRIED, FINDINGS, HOST_INDEX, HOSTS
from quivive.model.columns import Columns
from quivive.model.finding import Finding
from quivive.store.parquet import ParquetTable
from quivive.store.working import WorkingTables

MAX_EVIDENCE = 1000

HOST_COLUMNS = """
WITH ends AS (
    SELECT orig_addr AS host_addr, orig_is_own AS is_own, orig_mac AS mac, orig_registered AS registered, ts_ns,
           last_ns, orig_bytes AS sent, resp_bytes AS received FROM flows
    UNION ALL
    SELECT resp_addr, resp_is_own, resp_mac, resp_registered, ts_ns, last_ns, resp_bytes, orig_bytes FROM flows
)
SELECT host_addr, any_value(is_own) AS is_own, min(mac) AS mac, any_value(registered) AS registered,
       min(ts_ns) AS ts_ns, min(ts_ns) // 1000 AS first_ts, max(last_ns) // 1000 AS last_ts, count(*) AS n_flows,
       sum(sent)::BIGINT AS sent_bytes, sum(received)::BIGINT AS received_bytes
FROM ends GROUP BY host_addr ORDER BY host_addr
"""

INDEX_ROWS = """
SELECT orig_addr AS host_addr, make_timestamp(ts_ns // 1000) AS ts, flow_id, true AS is_originator FROM flows
UNION ALL
SELECT resp_addr, make_timestamp(ts_ns // 1000), flow_id, false FROM flows
ORDER BY ALL
"""


def finish(
    folder: CaseFolder, *, is_partial: bool, encrypted: tuple[str, ...], granted: str, is_strict: bool = False
) -> str:
    """Write hosts, host_index, findings and the brief; returns the brief.

    encrypted: services with hidden content    granted: the line that says what was allowed
    """
    tables = working_tables(folder.tables, registry.tables())
    try:
        if tables.has("flows"):
            _write_hosts(tables, folder)
            write_outflow(tables, folder.tables, encrypted)
            write_risks(tables, folder.tables)
        write_canaries(folder.tables)
        answers = ask_all(tables, is_strict=is_strict)
        _write_findings(answers, folder)
        if Level.L3 in read_manifest(folder.path).get("mandate", {}).get("levels", ()):
            _write_carried(answers, folder)
        for name in ("captures", "anomalies", "findings"):
            tables.open(name)
        text = brief_text(
            tables,
            encrypted=encrypted,
            name=str(folder.path),
            is_partial=is_partial,
            failed=answers.failed,
            not_judged=answers.not_judged,
            no_rows=answers.no_rows,
            granted=granted,
        )
    finally:
        tables.close()
    folder.write_text("brief.txt", text)
    return text


def _write_hosts(tables: WorkingTables, folder: CaseFolder) -> None:
    columns: Columns = tables.columns(HOST_COLUMNS)
    hosts = ParquetTable(HOSTS, folder.tables)
    if columns["host_addr"]:
        columns["addr_bytes"] = [address_bytes(addr) for addr in columns["host_addr"]]
        columns["mac_vendor"] = [vendor_of(mac) if mac else None for mac in columns["mac"]]
        _as_numbers(columns)
        hosts.add_columns(columns)
    hosts.close()
    index = ParquetTable(HOST_INDEX, folder.tables)
    index.add_arrow(tables.batches(INDEX_ROWS))
    index.close()


def _as_numbers(columns: Columns) -> None:
    """Turn the times into arrays: lists of times would import pandas where it is installed."""
    for name in ("ts_ns", "first_ts", "last_ts"):
        columns[name] = np.array(columns[name], np.int64)


def _write_findings(answers: Answers, folder: CaseFolder) -> None:
    stories = campaigns([finding for _, finding in answers.found])
    rows = [_row(f"F{k}", f"C{stories[k - 1]}", *answer) for k, answer in enumerate(answers.found, 1)]
    table = ParquetTable(FINDINGS, folder.tables)
    if rows:
        columns: Columns = {name: [row[name] for row in rows] for name in rows[0]}
        columns["ts_ns"] = columns["first_ts"]
        _as_numbers(columns)
        table.add_columns(columns)
    table.close()


def _write_carried(answers: Answers, folder: CaseFolder) -> None:
    """Write what findings carried in content: only where the grant says so."""
    table = ParquetTable(CARRIED, folder.tables)
    for number, (_, finding) in enumerate(answers.found, 1):
        if finding.carried is not None:
            row = {
                "finding_id": f"F{number}",
                "who": finding.who,
                "what": finding.what,
                "carried_chain": list(finding.carried.chain),
                "carried_bytes": len(finding.carried.data),
                "is_carried_text": finding.carried.is_text,
                "carried_text": finding.carried.data.decode("utf-8", "backslashreplace"),
            }
            table.add(-1, finding.first_ns, row)
    table.close()


def _row(finding_id: str, campaign: str, detector: type[Detector], finding: Finding) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "campaign": campaign,
        "detector": detector.name,
        "question": detector.question,
        "title": finding.title,
        "severity": finding.severity.name.lower(),
        "severity_rank": int(finding.severity),
        "finding_confidence": finding.confidence,
        "score": finding.score,
        "score_parts": [f"{part.name} = {part.value:g}, {part.points:g} points" for part in finding.score_parts],
        "who": finding.who,
        "what": finding.what,
        "first_ts": finding.first_ns // 1000,
        "last_ts": finding.last_ns // 1000,
        "evidence_bytes": finding.n_bytes,
        "evidence_flows": list(finding.flow_ids[:MAX_EVIDENCE]),
        "n_evidence_flows": len(finding.flow_ids),
        "innocent": list(finding.innocent),
        "attack_id": finding.attack_id,
        "visibility": finding.visibility,
        "facts": [f"{name} = {value}" for name, value in finding.facts.items()],
    }
