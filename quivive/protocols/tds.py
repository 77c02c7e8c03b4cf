"""Tabular Data Stream of SQL Server and Sybase ([MS-TDS]): log-ins, and what is asked of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages import ntlm, spnego
from quivive.messages.ber import read_text
from quivive.messages.sql_fields import (
    IS_ACCEPTED,
    SQL_APPLICATION,
    SQL_AUTH,
    SQL_DATABASE,
    SQL_ERROR,
    SQL_KEYWORD,
    SQL_RESPONSE_BYTES,
    SQL_ROWS,
    WORKSTATION,
    credential,
    identity,
    keyword_of_text,
)
from quivive.messages.tds_tokens import PROCEDURES, VERSIONS, count_of, headers_bytes, read_tokens, wide_text
from quivive.model.errors import Malformed
from quivive.model.fields import COMMAND, HOST, STAMP, USER, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

TABLE = Table(
    "tds",
    "Log-ins to SQL Server and what was asked of it.",
    (
        *STAMP,
        COMMAND,
        USER,
        WORKSTATION,
        HOST,
        SQL_DATABASE,
        SQL_APPLICATION,
        VERSION,
        Field("tds_client_version", "text", "Version of the client's library."),
        Field("tds_server_version", "text", "Version and build of the server."),
        Field("tds_encryption", "text", "What is encrypted: nothing, the log-in, or everything."),
        Field("tds_instance", "text", "Instance of the server the client asks for."),
        SQL_AUTH,
        IS_ACCEPTED,
        SQL_KEYWORD,
        SQL_ERROR,
        SQL_ROWS,
        SQL_RESPONSE_BYTES,
    ),
)

BATCH, OLD_LOGIN, RPC, ANSWER, ATTENTION, BULK_LOAD, FEDERATED, TRANSACTION = 1, 2, 3, 4, 6, 7, 8, 14
SYBASE, LOGIN, SSPI, PRELOGIN = 15, 16, 17, 18
KINDS = (BATCH, OLD_LOGIN, RPC, ANSWER, ATTENTION, BULK_LOAD, FEDERATED, TRANSACTION, SYBASE, LOGIN, SSPI, PRELOGIN)
COMMANDS = {BATCH: "batch", RPC: "procedure call", BULK_LOAD: "bulk load", TRANSACTION: "transaction", SYBASE: "batch"}

HEADER_BYTES = 8
LAST_PACKET = 0x01

KEPT_BYTES = 8192
"""What is read of one packet: its usual size is 4,096 or 8,000, and only log-ins are read to their end."""

MAX_LOGIN_BYTES = 1 << 17
"""A log-in in all its packets: texts of 128 letters each, and a Kerberos ticket of at most 64 KB."""

MAX_OPTIONS = 16
"""Options before the log-in; ten are defined (2.2.6.5)."""

TLS_RECORD = 0x17
TLS_HEAD_BYTES = 5

VERSION_OPTION, ENCRYPTION_OPTION, INSTANCE_OPTION, END_OF_OPTIONS = 0, 1, 2, 0xFF
ENCRYPTION_OFF, ENCRYPTION_ON, NOT_SUPPORTED, REQUIRED = 0, 1, 2, 3

LOGIN_TEXTS = {
    "workstation": 36,
    "user": 40,
    "sql_application": 48,
    "host": 52,
    "sql_database": 68,
}
"""Where offset and number of letters of each text stand (2.2.6.4)."""
PASSWORD_AT, SSPI_AT = 44, 78
LOGIN_FIXED_BYTES = 86

OLD_LOGIN_TEXTS = {"workstation": 0, "user": 31, "secret": 62, "sql_application": 140, "host": 171}
"""Where the fields of 30 bytes stand in a log-in of TDS 5.0."""

EVERYTHING = "everything"

BY_NUMBER = 0xFFFF
"""In place of the length of a procedure's name (2.2.6.6)."""


class Packet(NamedTuple):
    """A packet: whether it begins and ends its message, its size, and the content that was kept of it."""

    kind: int
    is_first: bool
    is_last: bool
    size: int
    body: bytes


class Tds(Protocol):
    """TDS: one row per log-in and per request."""

    name = "tds"
    title = "Tabular Data Stream"
    spec = "[MS-TDS]"
    carriers = (Carrier.TCP,)
    ports = (1433,)
    signatures = (
        Signature("1201????0000??000000??0006", side=Side.ORIGINATOR, minimum=20),
        Signature("020002000000??00", side=Side.ORIGINATOR, minimum=512),
        Signature("1001????0000??00????00000?00??7?", side=Side.ORIGINATOR, minimum=94),
    )
    tables = (TABLE, *spnego.TABLES)
    family = "database"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.addr = self.flow.five_tuple.orig_addr
        self.login: dict[str, Any] | None = None
        """The log-in under way."""
        self.awaits_options = False
        self.wants = NOT_SUPPORTED
        """What the client said of encryption."""
        self.secret_bytes = 0
        self.collected = b""
        """Content of a log-in's packets so far."""
        self.user: dict[str, Any] = {}
        self.waiting: dict[str, Any] | None = None
        self.is_hidden = False
        """Whether everything is encrypted from here on."""
        self.is_sybase = False
        self.goes_on = [False, False]
        """Whether a side's next packet continues its message."""
        self.is_lost = [False, False]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A kind that exists, a size that can be, and a process number as servers give them."""
        if len(payload) < HEADER_BYTES or payload[0] not in KINDS or payload[1] > 0x1F:
            return Match.NO
        return Match.UNSURE if int.from_bytes(payload[2:4], "big") > HEADER_BYTES and payload[7] == 0 else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one packet."""
        if self.is_hidden:
            cursor.rest()
            cursor.done()
            return
        cursor.need(HEADER_BYTES)
        payload, at = cursor.payload, cursor.at
        kind, status, size = payload[at], payload[at + 1], int.from_bytes(payload[at + 2 : at + 4], "big")
        if kind == TLS_RECORD and payload[at + 1] == 3:
            # Where only the log-in is encrypted, its record stands between packets.
            _skip(cursor, TLS_HEAD_BYTES + int.from_bytes(payload[at + 3 : at + 5], "big"))
            return
        if kind not in KINDS or size < HEADER_BYTES:
            if self.is_lost[side]:
                cursor.rest()
                return
            raise cursor.fail(f"packet of kind 0x{kind:02x}")
        kept = min(size, KEPT_BYTES)
        cursor.need(kept)
        _skip(cursor, size)
        self.is_lost[side] = False
        is_first, self.goes_on[side] = not self.goes_on[side], not status & LAST_PACKET
        packet = Packet(kind, is_first, bool(status & LAST_PACKET), size, payload[at + HEADER_BYTES : at + kept])
        yield from self._read(packet)

    def _read(self, packet: Packet) -> Iterator[Row]:
        kind, body = packet.kind, packet.body
        self.is_sybase = self.is_sybase or kind in (OLD_LOGIN, SYBASE)
        if kind in (LOGIN, OLD_LOGIN, SSPI) or (self.collected and kind != ANSWER):
            yield from self._collect(packet)
        elif kind == ANSWER:
            yield from self._read_answer(packet)
        elif kind == PRELOGIN and body[:1] == b"\0":
            self.login = {"command": "login", **self._read_options(body)}
            self.awaits_options = True
        elif kind in COMMANDS and packet.is_first:
            yield from self._read_request(kind, body)

    # Log-in ----------------------------------------------------------------------------------------------------

    def _read_options(self, body: bytes) -> dict[str, Any]:
        """Read the options before a log-in (2.2.6.5), of the client or of the server."""
        told: dict[str, Any] = {}
        for at in range(0, 5 * MAX_OPTIONS, 5):
            if body[at : at + 1] in (b"", b"\xff"):
                break
            offset, size = (int.from_bytes(body[i : i + 2], "big") for i in (at + 1, at + 3))
            option = body[offset : offset + size]
            if body[at] == VERSION_OPTION and len(option) >= 4:
                side = "server" if self.awaits_options else "client"
                told[f"tds_{side}_version"] = f"{option[0]}.{option[1]}.{int.from_bytes(option[2:4], 'big')}"
            elif body[at] == ENCRYPTION_OPTION and option:
                if self.awaits_options:
                    told["tds_encryption"] = _agreed(self.wants, option[0])
                else:
                    self.wants = option[0]
            elif body[at] == INSTANCE_OPTION and not self.awaits_options:
                told["tds_instance"] = read_text(option.rstrip(b"\0"))
        return told

    def _collect(self, packet: Packet) -> Iterator[Row]:
        """Put a log-in together from its packets."""
        self.collected += packet.body
        if len(self.collected) > MAX_LOGIN_BYTES:
            raise Malformed("log-in is too long", 0)
        if not packet.is_last:
            return
        message, self.collected = self.collected, b""
        self.login = self.login or {"command": "login"}
        if packet.kind == LOGIN:
            yield from self._read_login(message)
        elif packet.kind in (OLD_LOGIN, SYBASE):
            self._read_old_login(message)
        else:
            yield from self._read_token(message)

    def _read_login(self, message: bytes) -> Iterator[Row]:
        """Read who logs in, from where, with which program, to which database (2.2.6.4)."""
        if len(message) < LOGIN_FIXED_BYTES:
            raise Malformed("log-in is cut short", 0)
        assert self.login is not None
        version = int.from_bytes(message[4:8], "little")
        self.login["version"] = VERSIONS.get(version, f"0x{version:08x}")
        for name, at in LOGIN_TEXTS.items():
            offset, n_letters = (int.from_bytes(message[i : i + 2], "little") for i in (at, at + 2))
            self.login[name] = wide_text(message[offset : offset + 2 * n_letters])
        self.secret_bytes = int.from_bytes(message[PASSWORD_AT + 2 : PASSWORD_AT + 4], "little")
        self.login["sql_auth"] = "password" if self.login["user"] else None
        offset, size = (int.from_bytes(message[i : i + 2], "little") for i in (SSPI_AT, SSPI_AT + 2))
        if size:
            yield from self._read_token(message[offset : offset + size])

    def _read_old_login(self, message: bytes) -> None:
        """Read a log-in of fixed fields (Sybase's TDS 5.0), each with its size behind it."""
        assert self.login is not None
        for name, at in OLD_LOGIN_TEXTS.items():
            size = min(message[at + 30], 30) if len(message) > at + 30 else 0
            if name == "secret":
                self.secret_bytes = size
            else:
                self.login[name] = read_text(message[at : at + size])
        self.login |= {"version": "5.0", "sql_auth": "password"}

    def _read_token(self, token: bytes) -> Iterator[Row]:
        assert self.login is not None
        for table, row in spnego.rows(token, "tds", self.addr or None):
            if table in spnego.TABLES:
                self.login["sql_auth"] = "NTLM" if table is ntlm.NTLM else "Kerberos"
            if table is ntlm.NTLM and row["ntlm_message"] == "AUTHENTICATE":
                self.login["user"] = row.get("user")
            yield table, row

    def _end_login(self, *, is_accepted: bool | None) -> Iterator[Row]:
        login, self.login = self.login or {"command": "login"}, None
        user = login.get("user") or ""
        if self.secret_bytes and user:
            yield credential("tds", user, "password", self.secret_bytes, is_accepted)
        if is_accepted:
            self.user = {name: login.get(name) for name in ("user", "sql_database")} | self.user
            if login.get("sql_auth") == "password":
                evidence = "LOGIN7" if login.get("version") != "5.0" else "LOGIN"
                yield from identity("tds", user, self.addr, evidence, workstation=login.get("workstation"))
        self.secret_bytes = 0
        yield _row(login | {"is_accepted": is_accepted})

    # Requests and answers --------------------------------------------------------------------------------------

    def _read_request(self, kind: int, body: bytes) -> Iterator[Row]:
        yield from self._end_request()
        self.waiting = {"command": COMMANDS[kind], "sql_response_bytes": 0}
        if kind == SYBASE:
            if body[:1] == b"\x21":
                self.waiting["sql_keyword"] = keyword_of_text(read_text(body[6:]))
            return
        body = body[headers_bytes(body) :]
        if kind == BATCH:
            self.waiting["sql_keyword"] = keyword_of_text(wide_text(body))
        elif kind == RPC:
            n_letters = int.from_bytes(body[:2], "little")
            number = int.from_bytes(body[2:4], "little")
            if n_letters == BY_NUMBER:
                self.waiting["sql_keyword"] = PROCEDURES.get(number, f"procedure {number}")
            else:
                self.waiting["sql_keyword"] = wide_text(body[2 : 2 + 2 * n_letters])

    def _read_answer(self, packet: Packet) -> Iterator[Row]:
        if self.awaits_options:
            yield from self._read_agreement(packet.body)
            return
        outcome = read_tokens(packet.body, is_sybase=self.is_sybase) if packet.is_first else {}
        if self.waiting is None:
            yield from self._weigh_login(outcome, is_last=packet.is_last)
            return
        self.waiting["sql_response_bytes"] += packet.size
        self.waiting |= {name: value for name, value in outcome.items() if name == "sql_error"}
        if "sql_database" in outcome:
            self.user["sql_database"] = outcome["sql_database"]
        if packet.is_last:
            self.waiting["sql_rows"] = count_of(packet.body)
            yield from self._end_request()

    def _read_agreement(self, body: bytes) -> Iterator[Row]:
        assert self.login is not None
        self.login |= self._read_options(body)
        self.awaits_options = False
        if self.login.get("tds_encryption") == EVERYTHING:
            self.is_hidden = True
            yield from self._end_login(is_accepted=None)

    def _weigh_login(self, outcome: dict[str, Any], *, is_last: bool) -> Iterator[Row]:
        """Read what the server says to a log-in: a token, an acknowledgment or an error."""
        token = outcome.pop("token", b"")
        if token:
            self.login = self.login or {"command": "login"}
            yield from self._read_token(token)
        is_accepted = outcome.pop("is_accepted", False)
        if is_accepted or (is_last and "sql_error" in outcome):
            if is_accepted:
                outcome.pop("sql_error", None)
            self.user = {"sql_database": outcome["sql_database"]} if "sql_database" in outcome else {}
            self.login = (self.login or {"command": "login"}) | outcome
            yield from self._end_login(is_accepted=is_accepted)

    def _end_request(self) -> Iterator[Row]:
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            yield _row(self.user | waiting)

    def missed(self, side: Side, n_bytes: int) -> None:
        """Go on behind a gap where a packet seems to begin."""
        self.is_lost[side] = True
        self.goes_on[side] = True
        self.collected = b""

    def close(self) -> Iterator[Row]:
        """Yield the log-in and the request whose outcome was not seen."""
        if self.login is not None:
            yield from self._end_login(is_accepted=None)
        yield from self._end_request()


def _skip(cursor: Cursor, size: int) -> None:
    step = min(size, cursor.left)
    cursor.at += step
    cursor.skip(0 if cursor.whole else size - step)


def _agreed(wanted: int, answered: int) -> str:
    if answered in (ENCRYPTION_ON, REQUIRED):
        return EVERYTHING
    return "the log-in" if NOT_SUPPORTED not in (wanted, answered) else "nothing"


def _row(row: dict[str, Any]) -> Row:
    return TABLE, {name: value for name, value in row.items() if value not in (None, "")}
