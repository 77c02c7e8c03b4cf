"""A planted value seen on its way: proof of the path that data of its system takes (MITRE ATT&CK T1041).

Looked through are the texts that tables hold: addresses of pages, names asked for, files, subjects. Content is looked
through where a mandate opens it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

SEEN = """
WITH said AS (
    SELECT flow_id, ts_ns, 'web address' AS place, concat_ws(' ', uri, referrer, file_name) AS told FROM http
    UNION ALL SELECT flow_id, ts_ns, 'name asked for', query FROM dns
    UNION ALL SELECT flow_id, ts_ns, 'server name', server_name FROM tls
    UNION ALL SELECT flow_id, ts_ns, 'mail', concat_ws(' ', mail_subject, array_to_string(attachment_names, ' '))
              FROM mails
    UNION ALL SELECT flow_id, ts_ns, 'file by FTP', concat_ws(' ', argument, file_name) FROM ftp
    UNION ALL SELECT flow_id, ts_ns, 'file on a share', concat_ws(' ', file_name, smb_new_name) FROM smb
), words AS (
    SELECT DISTINCT flow_id, ts_ns, place, unnest(regexp_extract_all(upper(told), '[A-Z0-9]{10,14}')) AS word FROM said
), hits AS (
    SELECT canary, canary_kind, canary_system, flow_id, list(DISTINCT place) AS places, count(*) AS n_seen,
           min(ts_ns) AS first_ns, max(ts_ns) AS last_ns
    FROM words JOIN canaries ON sha256(concat(canary_salt, word)) = canary_digest
    GROUP BY canary, canary_kind, canary_system, flow_id
)
SELECT canary, canary_kind, canary_system, f.orig_addr, f.resp_addr, max(f.server_name) AS server_name,
       max(f.resp_registered) AS registered, bool_or(f.orig_is_own <> f.resp_is_own) AS is_outside,
       array_to_string(list_sort(list_distinct(flatten(list(places)))), ', ') AS places,
       sum(n_seen)::BIGINT AS n_seen, min(first_ns) AS first_ns, max(h.last_ns) AS last_ns,
       sum(f.orig_bytes)::BIGINT AS n_bytes, (list(flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM hits AS h JOIN flows AS f USING (flow_id)
GROUP BY canary, canary_kind, canary_system, f.orig_addr, f.resp_addr
ORDER BY canary, f.orig_addr, f.resp_addr
"""
INSIDE = 0.4
"""Weight of a canary that moves inside the house: systems may share data by agreement."""


class CanarySeen(Detector):
    """A canary in what tables hold."""

    name = "canary"
    question = "Has a value that was planted in one of our systems been seen on its way?"
    reads = ("canaries", "flows")
    reads_one_of = ("http", "dns", "tls", "mails", "ftp", "smb")
    may_read = ("http", "dns", "tls", "mails", "ftp", "smb")
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per canary and pair of hosts."""
        for row in tables.sql(SEEN):
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    way = "to outside" if row["is_outside"] else "inside the house"
    ends = f"from {row['orig_addr']} to {peer}, {when_text(row['first_ns'], row['last_ns'])}"
    weight = 1.0 if row["is_outside"] else INSIDE
    return Finding(
        title=f"the {row['canary_kind']} planted in {row['canary_system']} went {way}, {ends}",
        severity=Severity.HIGH if row["is_outside"] else Severity.LOW,
        confidence=0.98,
        who=row["orig_addr"],
        what=row["canary"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "somebody tests the canaries, or looks one up",
            "a partner to whom all records of this system go by contract: then the path is known, and the proof stands",
        ),
        score=100.0 * weight,
        score_parts=(ScorePart("a planted value, by its keyed token", row["n_seen"], 100.0 * weight),),
        attack_id="T1041",
        visibility=None,
        facts={"planted in": row["canary_system"], "seen in": row["places"], "seen": count_text(row["n_seen"], "time")},
    )
