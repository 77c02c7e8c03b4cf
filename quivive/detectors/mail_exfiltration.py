"""Mail that carries data out: machines that report themselves, and much in attachments (MITRE ATT&CK T1048.003)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, count_text, peer_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

MACHINE_NAME = r"(?i)\b(DESKTOP-[A-Z0-9]{7}|LAPTOP-[A-Z0-9]{8}|WIN-[A-Z0-9]{11})\b"
"""Names that Windows gives by itself: people do not write them into subjects, programs that steal do."""
MIN_ATTACHED_BYTES = 10_000_000
"""Handed to outside by one host in a day in mails with attachments; below it is daily work."""
RELAY_SERVERS = 4
"""Other mail servers that a host hands mail to, from which it is itself a mail server and speaks for many people."""

OUTGOING = """
SELECT count(*) AS n FROM mails AS m JOIN outward AS f USING (flow_id) WHERE m.protocol = 'smtp' AND m.is_orig
"""

MAILS = """
WITH outgoing AS (
    SELECT f.orig_addr, f.resp_addr, f.server_name, f.resp_registered, f.resp_port, m.flow_id, m.ts_ns,
           m.ts_ns // 86400000000000 AS day, coalesce(m.mail_bytes, 0) AS mail_bytes,
           coalesce(m.n_attachments, 0) AS n_attachments, regexp_matches(coalesce(m.mail_subject, ''), $machine_name)
               AS names_machine
    FROM mails AS m JOIN outward AS f USING (flow_id)
    WHERE m.protocol = 'smtp' AND m.is_orig
), relays AS (
    SELECT orig_addr FROM outgoing GROUP BY orig_addr HAVING count(DISTINCT resp_addr) >= $relay_servers
)
SELECT orig_addr, resp_addr, day, max(server_name) AS server_name, max(resp_registered) AS registered,
       count(*) AS n_mails, count(*) FILTER (WHERE names_machine) AS n_named,
       count(*) FILTER (WHERE n_attachments > 0) AS n_attached,
       coalesce(sum(mail_bytes) FILTER (WHERE n_attachments > 0), 0)::BIGINT AS attached_bytes,
       sum(mail_bytes)::BIGINT AS n_bytes, min(ts_ns) AS first_ns, max(ts_ns) AS last_ns,
       (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids
FROM outgoing
GROUP BY orig_addr, resp_addr, day
HAVING n_named > 0 OR (attached_bytes >= $min_attached_bytes AND orig_addr NOT IN (SELECT orig_addr FROM relays))
ORDER BY orig_addr, resp_addr, day
"""


class MailExfiltration(Detector):
    """Mail handed straight to a server outside that carries a machine's name or much in attachments."""

    name = "mail_exfiltration"
    question = "Does a machine send data out by mail?"
    reads = ("mails", "flows")
    floor = Floor(n_outward=1)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, mail server and day; mail that went encrypted cannot be judged."""
        (outgoing,) = tables.sql(OUTGOING)
        if not outgoing["n"]:
            return
        rows = tables.sql(
            MAILS,
            machine_name=MACHINE_NAME,
            relay_servers=RELAY_SERVERS,
            min_attached_bytes=MIN_ATTACHED_BYTES,
        )
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    names_machine = row["n_named"] > 0
    peer = peer_text(row["resp_addr"], row["server_name"], row["registered"])
    size = bytes_text(row["n_bytes"])
    what = (
        f"sent out {count_text(row['n_named'], 'mail')} whose subject names the machine, {size} in all, "
        "which looks like exfiltration,"
        if names_machine
        else f"sent out {bytes_text(row['attached_bytes'])} in {count_text(row['n_attached'], 'mail')} with attachments"
    )
    parts = (
        ScorePart("mails whose subject names a machine", row["n_named"], 60.0 if names_machine else 0.0),
        ScorePart(
            "bytes of mails with attachments",
            row["attached_bytes"],
            round(40 * min(row["attached_bytes"] / (4 * MIN_ATTACHED_BYTES), 1.0), 1),
        ),
    )
    return Finding(
        title=f"{row['orig_addr']} {what} through {peer}, {when_text(row['first_ns'], row['last_ns'])}",
        severity=Severity.HIGH if names_machine else Severity.MEDIUM,
        confidence=0.85 if names_machine else 0.5,
        who=row["orig_addr"],
        what=row["server_name"] or row["resp_addr"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "a program of the organisation that reports faults or states by mail",
            "somebody who sends large files to a customer by mail",
        ),
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1048.003",
        facts={
            "mails": str(row["n_mails"]),
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )
