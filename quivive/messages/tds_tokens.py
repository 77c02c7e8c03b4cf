"""Tokens of TDS answers and the heads of requests ([MS-TDS] 2.2.7 and 2.2.6; TDS 5.0 of Sybase)."""

from __future__ import annotations

from typing import Any

from quivive.messages.ber import read_text
from quivive.model.limits import TEXT_BYTES

MAX_TOKENS = 256
"""Tokens read of one packet of an answer."""

VERSIONS = {
    0x05000000: "5.0",
    0x07000000: "7.0",
    0x70000000: "7.0",
    0x07010000: "7.1",
    0x71000000: "7.1",
    0x71000001: "7.1",
    0x72090002: "7.2",
    0x730A0003: "7.3",
    0x730B0003: "7.3",
    0x74000004: "7.4",
}
"""2.2.7.14: as a log-in's number, and as the server's where that differs."""

ERROR, INFO, LOGIN_ACK, CAPABILITIES, ENVIRONMENT, EXTENDED_ERROR, SSPI_TOKEN = 0xAA, 0xAB, 0xAD, 0xE2, 0xE3, 0xE5, 0xED
COUNTED_TOKENS = (ERROR, INFO, LOGIN_ACK, CAPABILITIES, ENVIRONMENT, EXTENDED_ERROR, SSPI_TOKEN, 0xA9)
"""Tokens behind which their size stands in two bytes."""
DONE_TOKENS = (0xFD, 0xFE, 0xFF)
DONE_BYTES = 12
RETURN_STATUS = 0x79
COUNT_IS_VALID = 0x10
HIGHEST_INFORMATION = b"\x0a"
"""Severities up to 10 are no errors."""
SYBASE_REFUSAL = 6
DATABASE_CHANGE = 1
ACKNOWLEDGMENT_BYTES = 10

PROCEDURES = {
    1: "sp_cursor",
    2: "sp_cursoropen",
    3: "sp_cursorprepare",
    4: "sp_cursorexecute",
    5: "sp_cursorprepexec",
    6: "sp_cursorunprepare",
    7: "sp_cursorfetch",
    8: "sp_cursoroption",
    9: "sp_cursorclose",
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    14: "sp_prepexecrpc",
    15: "sp_unprepare",
}
"""Procedures called by number (2.2.6.6)."""


def headers_bytes(body: bytes) -> int:
    """Return the size of the headers that clients since 7.2 put before a request (2.2.5.3), 0 where there are none."""
    size, first = int.from_bytes(body[:4], "little"), int.from_bytes(body[4:8], "little")
    return size if 4 <= size <= min(len(body), 1024) and 4 < first <= size else 0


def read_tokens(body: bytes, *, is_sybase: bool) -> dict[str, Any]:
    """Read how an answer begins (2.2.7): whatever tells of a log-in, an error, or a change of database.

    Returns table fields, and under "token" a log-in token of the server.
    """
    told: dict[str, Any] = {}
    at = 0
    for _ in range(MAX_TOKENS):
        token = body[at] if at < len(body) else -1
        if token in DONE_TOKENS or token == RETURN_STATUS:
            at += 1 + (DONE_BYTES if token in DONE_TOKENS else 4)
            continue
        if token not in COUNTED_TOKENS:
            break
        size = int.from_bytes(body[at + 1 : at + 3], "little")
        content = body[at + 3 : at + 3 + size]
        if token == ERROR or (token == EXTENDED_ERROR and content[5:6] > HIGHEST_INFORMATION):
            told.setdefault("sql_error", str(int.from_bytes(content[:4], "little")))
        elif token == LOGIN_ACK:
            told |= _read_acknowledgment(content)
        elif token == SSPI_TOKEN:
            told["token"] = content
        elif token == ENVIRONMENT and content[:1] == bytes([DATABASE_CHANGE]) and len(content) > 1:
            size_of_name = content[1]
            name = content[2 : 2 + size_of_name * (1 if is_sybase else 2)]
            told["sql_database"] = read_text(name) if is_sybase else wide_text(name)
        at += 3 + size
    return told


def _read_acknowledgment(content: bytes) -> dict[str, Any]:
    """Read that the server lets the client in, and what it is (2.2.7.14)."""
    version = int.from_bytes(content[1:5], "big")
    told: dict[str, Any] = {"is_accepted": content[:1] != bytes([SYBASE_REFUSAL])}
    if version in VERSIONS and len(content) >= ACKNOWLEDGMENT_BYTES:
        told["version"] = VERSIONS[version]
        told["tds_server_version"] = f"{content[-4]}.{content[-3]}.{int.from_bytes(content[-2:], 'big')}"
    return told


def count_of(body: bytes) -> int | None:
    """Return the number of rows that the last token of an answer tells (2.2.7.6)."""
    done = body[-1 - DONE_BYTES :]
    if len(done) <= DONE_BYTES or done[0] not in DONE_TOKENS or not done[1] & COUNT_IS_VALID:
        return None
    return min(int.from_bytes(done[5:13], "little"), (1 << 63) - 1)


def wide_text(text: bytes) -> str:
    """Return UTF-16 text; what is not stays visible, escaped."""
    return text[:TEXT_BYTES].decode("utf-16-le", "backslashreplace")
