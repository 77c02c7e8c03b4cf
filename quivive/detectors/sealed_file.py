"""Files that leave closed with a password or key, as far as their names tell (MITRE ATT&CK T1560.001)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, short_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

SEALED = r"(?i)\.(gpg|pgp|age|aes|axx|enc|vc|hc|kdbx|cpt|locked|crypt)$"
"""Kinds of file that are closed always: encrypted files, key stores, volumes."""
CLOSABLE = r"(?i)\.(7z|rar|zipx|arj|ace)$"
"""Archives that are made with a password more often than by chance; a plain .zip is daily work and is not told."""
NAMES_SHOWN = 5

LEAVING = """
WITH named AS (
    SELECT flow_id, ts_ns, coalesce(file_name, argument) AS file_name, NULL::BIGINT AS n_bytes, 'ftp' AS carrier
    FROM ftp WHERE command IN ('STOR', 'STOU', 'APPE') AND coalesce(status_code, 0) < 400
    UNION ALL
    SELECT flow_id, ts_ns, unnest(attachment_names), mail_bytes, 'mail'
    FROM mails WHERE protocol = 'smtp' AND is_orig
    UNION ALL
    SELECT flow_id, ts_ns, coalesce(file_name, regexp_extract(uri, '([^/?]+)([?].*)?$', 1)), request_body_bytes, 'web'
    FROM http WHERE method IN ('PUT', 'POST') AND request_body_bytes > 0
), judged AS (
    SELECT n.*, regexp_matches(n.file_name, $sealed) AS is_sealed FROM named AS n
    WHERE regexp_matches(n.file_name, $sealed) OR regexp_matches(n.file_name, $closable)
)
SELECT f.orig_addr, f.peer, j.carrier, max(f.server_name) AS server_name, min(f.resp_addr) AS resp_addr,
       max(f.resp_registered) AS registered, max(f.resp_operator) AS operator, max(f.resp_controlling) AS controlling,
       count(*) AS n_files, count(*) FILTER (WHERE j.is_sealed) AS n_sealed,
       (list(DISTINCT j.file_name ORDER BY j.file_name))[:$names_shown] AS names,
       coalesce(sum(j.n_bytes), 0)::BIGINT AS n_bytes, min(j.ts_ns) AS first_ns, max(j.ts_ns) AS last_ns,
       (list(DISTINCT j.flow_id ORDER BY j.flow_id))[:1000] AS flow_ids
FROM judged AS j JOIN outward AS f USING (flow_id)
GROUP BY f.orig_addr, f.peer, j.carrier
ORDER BY f.orig_addr, f.peer, j.carrier
"""

ANY_NAMED = """
SELECT (SELECT count(*) FROM ftp WHERE command IN ('STOR', 'STOU', 'APPE'))
       + (SELECT count(*) FROM mails WHERE n_attachments > 0)
       + (SELECT count(*) FROM http WHERE method IN ('PUT', 'POST')) AS n
"""


class SealedFile(Detector):
    """A file leaving by FTP, mail or web whose kind is closed with a password or key."""

    name = "sealed_file"
    question = "Do files leave closed, so that nobody on the way can see what is in them?"
    reads = ("flows",)
    reads_one_of = ("ftp", "mails", "http")
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, place and carrier; whether an archive is closed its name does not prove."""
        (named,) = tables.sql(ANY_NAMED)
        for row in tables.sql(LEAVING, sealed=SEALED, closable=CLOSABLE, names_shown=NAMES_SHOWN) if named["n"] else ():
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"], row["operator"], row["controlling"])
    size = f", {bytes_text(row['n_bytes'])}," if row["n_bytes"] else ""
    is_sealed = row["n_sealed"] > 0
    parts = (
        ScorePart("files of a kind that is always closed", row["n_sealed"], 60.0 if is_sealed else 0.0),
        ScorePart("files of a kind that may be closed", row["n_files"] - row["n_sealed"], 20.0),
    )
    return Finding(
        title=(
            f"{row['orig_addr']} sent {count_text(row['n_files'], 'file')}{size} of a closed kind to {peer} by "
            f"{row['carrier']}, {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.LOW if is_sealed else Severity.NOTE,
        confidence=0.5 if is_sealed else 0.3,
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "an exchange with a partner that asks for encryption, as it should",
            "an archive without a password: its name does not tell",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1560.001",
        facts={
            "files": ", ".join(short_text(name) for name in row["names"]),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
