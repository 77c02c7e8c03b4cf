"""Files put on servers outside by FTP, which hides nothing (MITRE ATT&CK T1048.003)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, short_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

NAMES_SHOWN = 5
MUCH_BYTES = 1_000_000
MACHINE_NAME = r"(?i)\b(DESKTOP-[A-Z0-9]{7}|LAPTOP-[A-Z0-9]{8}|WIN-[A-Z0-9]{11})\b|[_-](DESKTOP|LAPTOP)-"
"""Names that Windows gives machines by itself: in a file's name they tell that a program collected it there."""

PUTS = """
SELECT count(*) AS n FROM ftp JOIN outward USING (flow_id)
WHERE command IN ('STOR', 'STOU', 'APPE') AND coalesce(status_code, 0) < 400
"""

STORED = """
WITH puts AS (
    SELECT f.orig_addr, f.resp_addr, f.server_name, f.resp_registered, f.ts_ns, t.flow_id, t.ts_ns AS put_ns,
           coalesce(t.file_name, t.argument, '') AS file_name, t.status_code, t.data_addr, t.data_port
    FROM ftp AS t JOIN outward AS f USING (flow_id)
    WHERE t.command IN ('STOR', 'STOU', 'APPE') AND coalesce(t.status_code, 0) < 400
), carried AS (
    SELECT p.orig_addr, p.resp_addr, d.flow_id,
           any_value(CASE WHEN d.orig_addr = p.orig_addr THEN d.orig_bytes ELSE d.resp_bytes END) AS n_bytes
    FROM puts AS p JOIN flows AS d
      ON d.transport = 'tcp' AND d.resp_port = p.data_port AND d.resp_addr = p.data_addr AND d.flow_id <> p.flow_id
     AND d.ts_ns BETWEEN p.put_ns - 60000000000 AND p.put_ns + 60000000000
    GROUP BY ALL
), volumes AS (
    SELECT orig_addr, resp_addr, sum(n_bytes)::BIGINT AS n_bytes, list(flow_id ORDER BY flow_id) AS data_flow_ids
    FROM carried GROUP BY ALL
)
SELECT orig_addr, resp_addr, max(server_name) AS server_name, max(resp_registered) AS registered,
       count(*) AS n_files, count(*) FILTER (WHERE regexp_matches(file_name, $machine_name)) AS n_named,
       (list(DISTINCT file_name ORDER BY file_name))[:$names_shown] AS names, min(put_ns) AS first_ns,
       max(put_ns) AS last_ns, coalesce(any_value(v.n_bytes), 0) AS n_bytes,
       any_value(v.data_flow_ids) AS data_flow_ids,
       (list(DISTINCT flow_id ORDER BY flow_id))[:500] AS flow_ids
FROM puts LEFT JOIN volumes AS v USING (orig_addr, resp_addr)
GROUP BY orig_addr, resp_addr
ORDER BY orig_addr, resp_addr
"""


class FtpUpload(Detector):
    """Files that an own host puts on a server outside."""

    name = "ftp_upload"
    question = "Does a machine put files on a server outside by FTP?"
    reads = ("ftp", "flows")
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and server."""
        (puts,) = tables.sql(PUTS)
        if not puts["n"]:
            return
        rows = tables.sql(STORED, machine_name=MACHINE_NAME, names_shown=NAMES_SHOWN)
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    names_machine = row["n_named"] > 0
    is_much = row["n_bytes"] >= MUCH_BYTES
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    size = f", {bytes_text(row['n_bytes'])}," if row["n_bytes"] else " of a size that was not seen"
    parts = (
        ScorePart("files put", row["n_files"], min(10.0 * row["n_files"], 30.0)),
        ScorePart("files named after a machine", row["n_named"], 50.0 if names_machine else 0.0),
        ScorePart("bytes put", row["n_bytes"], 20.0 if is_much else 0.0),
    )
    return Finding(
        title=(
            f"{row['orig_addr']} put {count_text(row['n_files'], 'file')}{size} on {peer} by FTP, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.HIGH if names_machine else Severity.MEDIUM if is_much else Severity.LOW,
        confidence=0.85 if names_machine else 0.5,
        who=row["orig_addr"],
        what=row["server_name"] or row["resp_addr"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(sorted({*row["flow_ids"], *(row["data_flow_ids"] or [])[:500]})),
        innocent=(
            "an exchange of files with a partner that was agreed (orders, waybills, web pages)",
            "a device that stores its records with its maker",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1048.003",
        facts={
            "files": ", ".join(short_text(name) for name in row["names"]),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
