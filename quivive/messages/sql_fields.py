"""Fields that the tables of database protocols share; of a statement only the first word is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from quivive.kit.protocol import Row
from quivive.model.schema import Field
from quivive.model.tables import CREDENTIALS, IDENTITIES, secret_mask

SQL_DATABASE = Field("sql_database", "text", "Database that is addressed.")
SQL_KEYWORD = Field("sql_keyword", "text", "First word of the statement, or the procedure called.")
SQL_ERROR = Field("sql_error", "text", "Error code the server answered, in its own numbering.")
SQL_AUTH = Field("sql_auth", "text", "How the user proves who it is, as the protocol names it.")
SQL_APPLICATION = Field("sql_application", "text", "Program the client says it is.")
SQL_ROWS = Field("sql_rows", "int64", "Number of rows the statement returned or changed, as far as told.")
SQL_RESPONSE_BYTES = Field("sql_response_bytes", "int64", "Size of the server's answer to the statement.", "bytes")
IS_ACCEPTED = Field("is_accepted", "bool", "Whether the server let the user in; empty where its answer was not seen.")
WORKSTATION = Field("workstation", "text", "Name of the user's machine as sent.", personal="host")

STATEMENT_HEAD_BYTES = 1024
"""Bytes of a statement in which its first word is looked for; programs put comments of a line or two before it."""

# The group is possessive: a head of blanks alone must not be tried in every cut.
HEAD = re.compile(r"(?:\s|--[^\n]*\n|#[^\n]*\n|/\*.*?\*/|\()*+([A-Za-z_]{1,32})", re.DOTALL)


def keyword(statement: bytes) -> str | None:
    """Return the first word of a statement in capitals, comments stepped over."""
    return keyword_of_text(statement[:STATEMENT_HEAD_BYTES].decode("utf-8", "replace"))


def keyword_of_text(statement: str) -> str | None:
    """Return the first word of a statement in capitals, comments stepped over."""
    found = HEAD.match(statement[:STATEMENT_HEAD_BYTES])
    return found[1].upper() if found else None


def credential(protocol: str, user: str, method: str, size: int, is_accepted: bool | None) -> Row:
    """Return the row of a password seen in clear."""
    row = {"protocol": protocol, "user": user, "login_method": method, "secret_mask": secret_mask(size)}
    return CREDENTIALS, row | {"is_accepted": is_accepted}


def identity(protocol: str, user: str, addr: str, evidence: str, **more: str | None) -> Iterator[Row]:
    """Yield the row of a user whom the server let in."""
    if user:
        row = {"protocol": protocol, "user": user, "identity_kind": "user", "identity_addr": addr or None}
        yield IDENTITIES, row | {"identity_evidence": evidence, **more}
