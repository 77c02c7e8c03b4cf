"""After reading: the hosts, the host index, the detectors' findings."""

from __future__ import annotations

from typing import Any

from quivive import detectors
from quivive.case.brief import brief_text
from quivive.case.folder import CaseFolder
from quivive.engine import registry
from quivive.engine.border import shielded
from quivive.flows.vendors import vendor_of
from quivive.kernels.text import address_bytes
from quivive.kit import shelf
from quivive.kit.detector import Detector
from quivive.model.case_tables import FINDINGS, HOST_INDEX, HOSTS
from quivive.model.finding import Finding
from quivive.store.parquet import ParquetTable
from quivive.store.query import CaseTables

MAX_EVIDENCE = 1000

HOST_ROWS = """
SELECT host_addr, any_value(is_own) AS is_own, min(mac) AS mac, any_value(registered) AS registered,
       min(ts) AS first_ts, max(last_ts) AS last_ts, count(*) AS n_flows,
       sum(sent)::BIGINT AS sent_bytes, sum(received)::BIGINT AS received_bytes
FROM (
    SELECT orig_addr AS host_addr, orig_is_own AS is_own, orig_mac AS mac, orig_registered AS registered, ts, last_ts,
           orig_bytes AS sent, resp_bytes AS received FROM flows
    UNION ALL
    SELECT resp_addr, resp_is_own, resp_mac, resp_registered, ts, last_ts, resp_bytes, orig_bytes FROM flows
)
GROUP BY host_addr ORDER BY host_addr
"""

INDEX_ROWS = """
SELECT orig_addr AS host_addr, ts, flow_id, true AS is_originator FROM flows
UNION ALL
SELECT resp_addr, ts, flow_id, false FROM flows
ORDER BY 1, 2, 3, 4
"""


def finish(
    folder: CaseFolder, *, is_partial: bool, encrypted: tuple[str, ...], granted: str, is_strict: bool = False
) -> str:
    """Write hosts, host_index, findings and the brief; returns the brief.

    encrypted: services with hidden content    granted: the line that says what was allowed
    """
    tables = CaseTables(folder.tables, registry.tables().values(), n_threads=2)
    try:
        _write_hosts(tables, folder)
        index = ParquetTable(HOST_INDEX, folder.tables)
        index.add_arrow(tables.batches(INDEX_ROWS))
        index.close()
        failed = _write_findings(tables, folder, is_strict=is_strict)
    finally:
        tables.close()
    tables = CaseTables(folder.tables, registry.tables().values(), n_threads=2)
    try:
        text = brief_text(
            tables, encrypted=encrypted, name=str(folder.path), is_partial=is_partial, failed=failed, granted=granted
        )
    finally:
        tables.close()
    folder.write_text("brief.txt", text)
    return text


def _write_hosts(tables: CaseTables, folder: CaseFolder) -> None:
    hosts = ParquetTable(HOSTS, folder.tables)
    for row in tables.sql(HOST_ROWS):
        row["addr_bytes"] = address_bytes(row["host_addr"])
        row["mac_vendor"] = vendor_of(row["mac"]) if row["mac"] else None
        hosts.add(-1, 0, row)
    hosts.close()


def _write_findings(tables: CaseTables, folder: CaseFolder, *, is_strict: bool) -> list[str]:
    """Run every detector; the gravest finding comes first. Returns what failed: its question was not answered."""
    (last,) = tables.sql("SELECT coalesce(max(last_ns), 0) AS last_ns FROM flows")
    shelf_of: dict[str, type[Detector]] = shelf.load(detectors, Detector)
    found: list[tuple[type[Detector], Finding]] = []
    failed: list[str] = []
    for name, detector in shelf_of.items():
        answers = _asked(detector, tables, int(last["last_ns"]), failed, is_strict=is_strict)
        found += [(shelf_of[name], finding) for finding in answers]
    found.sort(key=lambda pair: (-pair[1].severity, -pair[1].confidence, pair[0].name, pair[1].who, pair[1].what))
    table = ParquetTable(FINDINGS, folder.tables)
    for number, (detector, finding) in enumerate(found, 1):
        table.add(-1, 0, _row(f"F{number}", detector, finding))
    table.close()
    return failed


def _asked(
    detector: type[Detector], tables: CaseTables, as_of_ns: int, failed: list[str], *, is_strict: bool
) -> list[Finding]:
    """Return a detector's findings; a fault in it costs its own answer only, and is told."""

    def _blame(error: Exception) -> None:
        if is_strict:
            raise error
        failed.append(f"{detector.name} ({' '.join(repr(error).split())[:120]})")

    return shielded(lambda: list(detector().run(tables, as_of_ns=as_of_ns)), _blame) or []


def _row(finding_id: str, detector: type[Detector], finding: Finding) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
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
