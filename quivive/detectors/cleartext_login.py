"""Log-ins that crossed the network readable by everybody on the way (MITRE ATT&CK T1040)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import count_text, peer_text, short_text, when_text
from quivive.model.finding import Finding, Severity

MAX_USERS = 8
"""User names told one by one for a client and server; more are one finding (guessing, or a server for many people)."""
MAX_FLOWS = 10_000
"""Flows named as evidence for one user; password guessing opens any number."""

OPEN_TO_ALL = frozenset({"anonymous", "ftp", "guest", "public", "anon"})
"""Users that no secret protects: seeing them in clear gives nothing away."""

SHARED_SECRET = frozenset({"snmp"})
"""Protocols whose secret is one for all and goes with every question: inside the own networks nobody is surprised."""

WORTH = {
    (True, True): Severity.HIGH, (True, None): Severity.HIGH, (True, False): Severity.MEDIUM,
    (False, True): Severity.MEDIUM, (False, None): Severity.MEDIUM, (False, False): Severity.LOW,
}  # fmt: skip
"""By whether it left the own networks, and whether the server accepted it."""

LOGINS = """
WITH attempts AS (
    SELECT c.flow_id, f.orig_addr, f.resp_addr, f.resp_port, f.server_name, f.resp_registered, c.protocol,
           coalesce(c.user, '') AS login, c.login_method, c.secret_mask, c.is_accepted, c.ts_ns,
           f.orig_is_own IS DISTINCT FROM f.resp_is_own AS has_left, f.orig_bytes + f.resp_bytes AS n_bytes
    FROM credentials AS c JOIN flows AS f USING (flow_id)
), per_flow AS (
    SELECT orig_addr, resp_addr, protocol, login, flow_id, any_value(n_bytes) AS n_bytes, count(*) AS n_attempts,
           min(ts_ns) AS first_ns, max(ts_ns) AS last_ns, bool_or(is_accepted) AS accepted,
           bool_or(NOT is_accepted) AS refused, max(login_method) AS login_method, max(secret_mask) AS secret_mask,
           max(resp_port) AS resp_port, max(server_name) AS server_name, max(resp_registered) AS registered,
           bool_or(has_left) AS has_left
    FROM attempts GROUP BY ALL
), per_user AS (
    SELECT orig_addr, resp_addr, protocol, login, sum(n_bytes)::BIGINT AS n_bytes,
           sum(n_attempts)::BIGINT AS n_attempts, min(first_ns) AS first_ns, max(last_ns) AS last_ns,
           bool_or(accepted) AS accepted, bool_or(refused) AS refused,
           max(login_method) AS login_method, max(secret_mask) AS secret_mask, min(resp_port) AS resp_port,
           max(server_name) AS server_name, max(registered) AS registered, bool_or(has_left) AS has_left,
           (list(flow_id ORDER BY flow_id))[:$max_flows] AS flow_ids
    FROM per_flow GROUP BY ALL
)
SELECT *, count(*) OVER same AS n_users, sum(n_attempts) OVER same AS all_attempts
FROM per_user
WINDOW same AS (PARTITION BY orig_addr, resp_addr, protocol)
QUALIFY row_number() OVER (PARTITION BY orig_addr, resp_addr, protocol
                           ORDER BY accepted DESC NULLS LAST, first_ns, login) <= $max_users
ORDER BY orig_addr, resp_addr, protocol, first_ns, login
"""

INNOCENT = (
    "an account that gives access to nothing of worth (test, demonstration, public download)",
    "an old device or program that cannot encrypt; then the account needs changing all the same",
    "the connection ran inside a tunnel (VPN) everywhere but where it was captured",
)


class CleartextLogin(Detector):
    """A user name and its secret sent without encryption."""

    name = "cleartext_login"
    question = "Does anybody log in where others can read the password?"
    reads = ("credentials", "flows")
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per client, server, protocol and user; many users of one client and server are one."""
        rows = tables.sql(LOGINS, max_users=MAX_USERS, max_flows=MAX_FLOWS)
        for _, group in groupby(rows, lambda row: (row["orig_addr"], row["resp_addr"], row["protocol"])):
            users = list(group)
            if users[0]["n_users"] > MAX_USERS:
                yield _many_users(users)
            else:
                yield from (_one_user(row) for row in users)


def _one_user(row: dict[str, Any]) -> Finding:
    is_open = row["login"].lower() in OPEN_TO_ALL
    severity = Severity.NOTE if is_open else WORTH[bool(row["has_left"]), _answer(row)]
    if row["protocol"] in SHARED_SECRET and not row["has_left"]:
        severity = Severity.LOW
    user = f"as user '{short_text(row['login'])}'" if row["login"] else "without a user name"
    tries = f", {row['n_attempts']} times" if row["n_attempts"] > 1 else ""
    return Finding(
        title=(
            f"{row['orig_addr']} logged in at {_server(row)} by {row['protocol']} {user} with the password "
            f"readable on the way{tries}, {when_text(row['first_ns'], row['last_ns'])}; {_outcome(row)}"
        ),
        severity=severity,
        confidence=0.95 if row["accepted"] else 0.85,
        who=row["orig_addr"],
        what=f"{row['server_name'] or row['resp_addr']} {row['protocol']} {row['login']}".rstrip(),
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=("a public service that anybody may enter under this name",) if is_open else INNOCENT,
        attack_id="T1040",
        facts=_facts(row),
    )


def _many_users(users: list[dict[str, Any]]) -> Finding:
    row = users[0]
    first_ns, last_ns = min(user["first_ns"] for user in users), max(user["last_ns"] for user in users)
    entered = [f"'{short_text(user['login'])}'" for user in users if user["accepted"]]
    return Finding(
        title=(
            f"{row['orig_addr']} tried {row['n_users']:,} user names at {_server(row)} by {row['protocol']}, passwords "
            f"readable on the way, {when_text(first_ns, last_ns)}; "
            + (f"accepted: {', '.join(entered)}" if entered else "none was seen to be accepted")
        ),
        severity=Severity.HIGH if entered else Severity.MEDIUM,
        confidence=0.9,
        who=row["orig_addr"],
        what=f"{row['server_name'] or row['resp_addr']} {row['protocol']}",
        first_ns=first_ns,
        last_ns=last_ns,
        n_bytes=sum(user["n_bytes"] for user in users),
        flow_ids=tuple(sorted({flow_id for user in users for flow_id in user["flow_ids"]})),
        innocent=("a mail or proxy server that logs in for many people", "a password test that was ordered"),
        attack_id="T1110" if not entered else "T1040",
        facts={"attempts": str(row["all_attempts"]), "user names": str(row["n_users"])},
    )


def _server(row: dict[str, Any]) -> str:
    return peer_text(row["resp_addr"], row["server_name"], row["registered"])


def _answer(row: dict[str, Any]) -> bool | None:
    return True if row["accepted"] else False if row["refused"] else None


def _outcome(row: dict[str, Any]) -> str:
    answers = {True: "the server let it in", False: "the server refused it", None: "the server's answer was not seen"}
    return answers[_answer(row)]


def _facts(row: dict[str, Any]) -> dict[str, str]:
    secret = f"not stored; {row['secret_mask']}" if row["secret_mask"] else "not stored"
    return {
        "how the secret was sent": row["login_method"] or "not told",
        "secret": secret,
        "answer": _outcome(row),
        "log-ins": count_text(row["n_attempts"], "attempt"),
        "port": str(row["resp_port"]),
        "left the own networks": "yes" if row["has_left"] else "no",
    }
