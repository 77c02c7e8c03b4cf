"""One account at work on many machines at once: shared, or stolen (MITRE ATT&CK T1078, T1021)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import count_text, short_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

MIN_MACHINES = 5
"""Own machines on which one person's account is at work within an hour: a desk, a telephone and two more are four."""
MANY_MACHINES = 20
OPEN_TO_ALL = ["", "anonymous", "ftp", "guest", "public", "anon", "root", "admin", "administrator", "user", "test"]
"""Names that many accounts share, or that are nobody's."""
NO_PERSON = ["snmp", "sip", "radius", "mqtt", "dhcp"]
"""Protocols whose user is a device, a community or a telephone."""

OFTEN = """
WITH named AS (
    SELECT lower(user) AS user, flow_id FROM credentials UNION SELECT lower(user), flow_id FROM identities
)
SELECT user FROM named GROUP BY user HAVING count(DISTINCT flow_id) >= $min_machines AND user <> ''
"""

REUSED = """
WITH seen AS (
    SELECT lower(c.user) AS user, c.protocol, f.orig_addr, f.resp_addr, c.ts_ns, c.flow_id
    FROM credentials AS c JOIN flows AS f USING (flow_id)
    WHERE f.orig_is_own AND c.is_accepted IS DISTINCT FROM false
    UNION ALL
    SELECT lower(i.user), i.protocol, coalesce(i.identity_addr, f.orig_addr), f.resp_addr, i.ts_ns, i.flow_id
    FROM identities AS i JOIN flows AS f USING (flow_id)
    WHERE i.identity_kind = 'user' AND f.orig_is_own
), hours AS (
    SELECT user, ts_ns // 3600000000000 AS hour, count(DISTINCT orig_addr) AS n_machines,
           (list(DISTINCT orig_addr ORDER BY orig_addr))[:8] AS machines, count(DISTINCT resp_addr) AS n_servers,
           string_agg(DISTINCT protocol, ', ' ORDER BY protocol) AS protocols, min(ts_ns) AS first_ns,
           max(ts_ns) AS last_ns, (list(DISTINCT flow_id ORDER BY flow_id))[:1000] AS flow_ids
    FROM seen
    WHERE NOT list_contains($open_to_all, user) AND NOT list_contains($no_person, protocol)
      AND NOT ends_with(user, '$')
    GROUP BY ALL HAVING count(DISTINCT orig_addr) >= $min_machines
)
SELECT * FROM hours
QUALIFY row_number() OVER (PARTITION BY user ORDER BY n_machines DESC, hour) = 1
ORDER BY user
"""


class CredentialReuse(Detector):
    """A user name at work on many own machines within an hour."""

    name = "credential_reuse"
    question = "Is one account at work on many machines at once?"
    reads = ("flows",)
    reads_one_of = ("credentials", "identities")
    floor = Floor(n_flows=MIN_MACHINES)
    partition_by = "user"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per user name, of its widest hour; the secret is not kept, so names alone are compared."""
        often = [row["user"] for row in tables.sql(OFTEN, min_machines=MIN_MACHINES)]
        if all(user in OPEN_TO_ALL or user.endswith("$") for user in often):
            return
        rows = tables.sql(REUSED, open_to_all=OPEN_TO_ALL, no_person=NO_PERSON, min_machines=MIN_MACHINES)
        for row in rows:
            yield _finding(row)


def _finding(row: dict[str, Any]) -> Finding:
    is_many = row["n_machines"] >= MANY_MACHINES
    parts = (
        ScorePart("machines within the hour", row["n_machines"], min(5.0 * row["n_machines"], 70.0)),
        ScorePart("servers it went to", row["n_servers"], min(3.0 * row["n_servers"], 30.0)),
    )
    return Finding(
        title=(
            f"The account '{short_text(row['user'])}' was at work on {count_text(row['n_machines'], 'machine')} within "
            f"an hour ({row['protocols']}), {when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.MEDIUM if is_many else Severity.LOW,
        confidence=0.4,
        who=row["machines"][0],
        what=f"account {short_text(row['user'])}",
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=0,
        flow_ids=tuple(row["flow_ids"]),
        innocent=(
            "an account of a service, a scanner or a shared device that is meant for many machines",
            "an administrator at work, or one machine that changed its address",
        ),
        score=sum(part.points for part in parts),
        score_parts=parts,
        attack_id="T1078",
        facts={"machines": ", ".join(row["machines"])},
    )
