"""What happened, in order of time: findings and the flows that show them, as rows and as timeline.csv."""

from __future__ import annotations

import csv
import io
from typing import Any

from quivive.kit.detector import Tables

QUERY = """
WITH shown AS (SELECT finding_id, unnest(evidence_flows) AS flow_id FROM findings)
SELECT first_ts AS ts, 'finding' AS kind, finding_id, title AS what, who, what AS peer, evidence_bytes AS bytes,
       NULL::BIGINT AS flow_id
FROM findings
UNION ALL
SELECT f.ts, 'flow', s.finding_id, coalesce(f.service, f.transport), f.orig_addr, coalesce(f.server_name, f.resp_addr),
       f.orig_bytes + f.resp_bytes, f.flow_id
FROM shown s JOIN flows f USING (flow_id)
ORDER BY ts, kind, finding_id, flow_id
"""
COLUMNS = ("ts", "kind", "finding_id", "what", "who", "peer", "bytes", "flow_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet compute a cell: texts come from the wire."""


def rows(tables: Tables) -> list[dict[str, Any]]:
    """Return the events of a case."""
    return list(tables.sql(QUERY))


def csv_text(tables: Tables) -> str:
    """Return them as CSV (RFC 4180); a text that a spreadsheet would compute begins with an apostrophe."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows(tables):
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return file.getvalue()


def _cell(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds")
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
