"""PostgreSQL's frontend/backend protocol (PostgreSQL documentation, chapter 55), version 3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
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
    credential,
    identity,
    keyword,
)
from quivive.model.errors import NeedMoreData
from quivive.model.fields import COMMAND, STAMP, USER, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import PENDING_BYTES
from quivive.model.schema import Field, Table

TABLE = Table(
    "postgresql",
    "Log-ins to PostgreSQL servers and statements run on them.",
    (
        *STAMP,
        COMMAND,
        USER,
        SQL_DATABASE,
        SQL_APPLICATION,
        Field("sql_settings", "texts", "Settings that the client asked for as it logged in, as name=value, in order."),
        VERSION,
        SQL_AUTH,
        IS_ACCEPTED,
        SQL_KEYWORD,
        SQL_ERROR,
        SQL_ROWS,
        SQL_RESPONSE_BYTES,
    ),
)

VERSION_3 = 3
CANCEL, SSL_REQUEST, GSS_REQUEST = 80877102, 80877103, 80877104
"""Codes in place of a version (55.7)."""

MAX_STARTUP_BYTES = 10_000
"""The server's own bound (MAX_STARTUP_PACKET_LENGTH)."""

MAX_PARAMETERS = 64
"""Settings in a start-up message; clients send a handful."""

MAX_MESSAGES = 65_536
"""Messages read at one go: the rows that come in one segment."""

HEAD_BYTES = 5
"""Kind and length of a message."""

CLIENT_KINDS = frozenset(b"BCDEFHPQSXcdfp")
SERVER_KINDS = frozenset(b"123ACDEGHIKNRSTVWZcdnstv")

KEPT_BYTES = 4096
"""What is read of one message: names, first words and codes stand in its beginning."""

SKIPPED_KINDS = frozenset(b"Ddct123nVAWTK")
"""Server messages of which only the number and size matter, or nothing: rows above all."""

AUTHS = {
    2: "Kerberos V5",
    3: "cleartext",
    5: "MD5",
    6: "SCM",
    7: "GSS",
    9: "SSPI",
    10: "SASL",
}
AUTH_OK, AUTH_SASL = 0, 10

MAX_STATEMENTS = 256
"""Prepared statements remembered; drivers keep a cache of about that size."""

MAX_PENDING = 256
"""Statements whose outcome is awaited; pipelines are seldom longer."""

READY = b"Z\0\0\0\5"
"""How the server's message begins that ends every answer."""

ROWS = re.compile(rb" (\d{1,18})\0?$")


class PostgreSql(Protocol):
    """PostgreSQL: one row per log-in and per statement."""

    name = "postgresql"
    title = "PostgreSQL"
    spec = "PostgreSQL 55"
    carriers = (Carrier.TCP,)
    ports = (5432,)
    signatures = (
        Signature("0000????0003000?75736572"),
        Signature("0000????0003000?6461746162617365"),
        Signature("0000????0003000?", side=Side.ORIGINATOR, minimum=16),
        Signature("0000000804d2162f", side=Side.ORIGINATOR),
        Signature("0000000804d21630", side=Side.ORIGINATOR),
        Signature("0000001004d2162e", side=Side.ORIGINATOR),
    )
    tables = (TABLE,)
    family = "database"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.has_started = False
        self.asked_for = ""
        """Encryption the client has asked for and the server not yet answered: SSL or GSS."""
        self.login: dict[str, Any] | None = None
        self.auth = 0
        self.secret_bytes = 0
        self.user: dict[str, Any] = {}
        """Who is logged in, and to which database."""
        self.statements: dict[bytes, str | None] = {}
        self.portals: dict[bytes, str | None] = {}
        self.pending: list[dict[str, Any]] = []
        self.is_lost = [False, False]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The first message has no kind, only a length and a version or a code for something else."""
        code = int.from_bytes(payload[4:8], "big")
        if len(payload) >= 8 and (code >> 16 == VERSION_3 or code in (CANCEL, SSL_REQUEST, GSS_REQUEST)):
            return Match.YES if int.from_bytes(payload[:4], "big") <= MAX_STARTUP_BYTES else Match.NO
        return Match.UNSURE if payload and payload[0] in CLIENT_KINDS | SERVER_KINDS else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a message of the client, or all that has come from the server."""
        if self.is_lost[side] and not self._find_message(cursor, side):
            return
        self.is_lost[side] = False
        if side is Side.ORIGINATOR:
            if self.has_started:
                yield from self._read_client(cursor)
            else:
                yield from self._read_startup(cursor)
        elif self.asked_for:
            yield from self._read_encryption_answer(cursor)
        else:
            yield from self._read_server(cursor)

    def _read_startup(self, cursor: Cursor) -> Iterator[Row]:
        cursor.need(8)
        head = cursor.peek(8)
        size, code = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
        if head[0] in CLIENT_KINDS:
            # The capture began behind the log-in.
            self.has_started = True
            yield from self._read_client(cursor)
            return
        is_known = code >> 16 == VERSION_3 or code in ENCRYPTIONS or code == CANCEL
        if not is_known or not 8 <= size <= MAX_STARTUP_BYTES:
            raise cursor.fail("no start-up message")
        message = cursor.take(size)
        if code in ENCRYPTIONS:
            self.asked_for = ENCRYPTIONS[code]
        elif code == CANCEL:
            cursor.done()
            yield TABLE, {"command": "cancel"}
        else:
            self.has_started = True
            self.login = self.user = _read_parameters(message[8:])

    def _read_encryption_answer(self, cursor: Cursor) -> Iterator[Row]:
        answer = cursor.u8()
        if answer == ord("S") and self.asked_for == "SSL":
            cursor.hand_over("tls")
            yield TABLE, {"command": "start TLS"}
        elif answer == ord("G"):
            cursor.done()
            yield TABLE, {"command": "GSS encryption"}
        elif answer == ord("E"):
            cursor.rest()
        elif answer == ord("N"):
            yield TABLE, {"command": f"{self.asked_for} refused"}
        else:
            raise cursor.fail("no answer to a request for encryption")
        self.asked_for = ""

    # The client's side -----------------------------------------------------------------------------------------

    def _read_client(self, cursor: Cursor) -> Iterator[Row]:
        cursor.need(HEAD_BYTES)
        payload, at = cursor.payload, cursor.at
        kind, size = payload[at], int.from_bytes(payload[at + 1 : at + HEAD_BYTES], "big")
        if kind not in CLIENT_KINDS or size < 4:
            raise cursor.fail(f"message of kind 0x{kind:02x}")
        wanted = 0 if kind == ord("d") else min(size - 4, KEPT_BYTES)
        cursor.need(HEAD_BYTES + wanted)
        body = payload[at + HEAD_BYTES : at + HEAD_BYTES + wanted]
        cursor.at = at + HEAD_BYTES + wanted
        cursor.skip(min(size - 4 - wanted, cursor.left) if cursor.whole else size - 4 - wanted)
        if kind == ord("Q"):
            yield from self._wait("query", keyword(body))
        elif kind == ord("P"):
            name, _, statement = body.partition(b"\0")
            _remember(self.statements, name, keyword(statement))
        elif kind == ord("B"):
            portal, name, *_ = [*body.split(b"\0", 2), b""]
            _remember(self.portals, portal, self.statements.get(name))
        elif kind == ord("E"):
            yield from self._wait("execute", self.portals.get(body.partition(b"\0")[0]))
        elif kind == ord("F"):
            yield from self._wait("function call", None)
        elif kind == ord("p"):
            self.secret_bytes = len(body.rstrip(b"\0"))

    def _wait(self, command: str, word: str | None) -> Iterator[Row]:
        self.pending.append({"command": command, "sql_keyword": word, "sql_response_bytes": 0})
        if len(self.pending) > MAX_PENDING:
            yield self._row(self.pending.pop(0))

    def _row(self, row: dict[str, Any]) -> Row:
        row.pop("is_over", None)
        names = {name: self.user[name] for name in ("user", "sql_database") if name in self.user}
        return TABLE, {name: value for name, value in (names | row).items() if value is not None}

    # The server's side -----------------------------------------------------------------------------------------

    def _read_server(self, cursor: Cursor) -> Iterator[Row]:
        """Read all messages that have come; of rows only the size."""
        payload, start, stop = cursor.payload, cursor.at, cursor.stop
        at, counted = start, start
        rows: list[Row] = []
        for _ in range(MAX_MESSAGES):
            if at + HEAD_BYTES > stop:
                break
            kind, size = payload[at], int.from_bytes(payload[at + 1 : at + HEAD_BYTES], "big")
            if kind not in SERVER_KINDS or size < 4:
                if at > start:
                    break
                raise cursor.fail(f"message of kind 0x{kind:02x}")
            if kind not in SKIPPED_KINDS:
                end = at + 1 + min(size, KEPT_BYTES)
                if end > stop:
                    break
                self._count(at + 1 + size - counted)
                counted = at + 1 + size
                rows += self._read_message(kind, payload[at + HEAD_BYTES : end])
            at += 1 + size
        if at == start:
            raise NeedMoreData
        self._count(at - counted)
        cursor.at = min(at, stop)
        cursor.skip(0 if cursor.whole else at - cursor.at)
        yield from rows

    def _answered(self) -> dict[str, Any] | None:
        """Return the statement that is being answered."""
        return next((waiting for waiting in self.pending if not waiting.get("is_over")), None)

    def _count(self, n_bytes: int) -> None:
        waiting = self._answered()
        if waiting is not None:
            waiting["sql_response_bytes"] += n_bytes

    def _read_message(self, kind: int, body: bytes) -> Iterator[Row]:
        if kind == ord("R"):
            yield from self._read_auth(body)
        elif kind == ord("S") and self.login is not None and body.startswith(b"server_version\0"):
            self.login["version"] = read_text(body[15:].partition(b"\0")[0])
        elif kind == ord("C"):
            found = ROWS.search(body)
            self._complete(int(found[1]) if found else None, None)
        elif kind == ord("I"):
            self._complete(None, None)
        elif kind == ord("E"):
            yield from self._read_error(body)
        elif kind == ord("Z"):
            if self.login is not None:
                yield from self._end_login(is_accepted=True)
            pending, self.pending = self.pending, []
            for row in pending:
                yield self._row(row)

    def _complete(self, n_rows: int | None, error: str | None) -> None:
        """Note how a statement ended; a simple query may hold several."""
        waiting = self._answered()
        if waiting is None:
            return
        if waiting["command"] == "execute" or error:
            waiting["is_over"] = True
        if error:
            waiting["sql_error"] = error
        if n_rows is not None:
            waiting["sql_rows"] = waiting.get("sql_rows", 0) + n_rows

    def _read_auth(self, body: bytes) -> Iterator[Row]:
        code = int.from_bytes(body[:4], "big")
        if code in AUTHS and self.login is not None:
            self.auth = code
            mechanism = read_text(body[4:].partition(b"\0")[0]) if code == AUTH_SASL else ""
            self.login["sql_auth"] = mechanism or AUTHS[code]
        yield from ()

    def _read_error(self, body: bytes) -> Iterator[Row]:
        fields = {field[:1]: field[1:] for field in body.split(b"\0")[:32]}
        code = read_text(fields.get(b"C", b""))
        if self.login is not None:
            self.login["sql_error"] = code
            yield from self._end_login(is_accepted=False)
        else:
            self._complete(None, code)

    def _end_login(self, *, is_accepted: bool | None) -> Iterator[Row]:
        login, self.login = self.login or {}, None
        user = login.get("user", "")
        if AUTHS.get(self.auth) == "cleartext" and self.secret_bytes:
            yield credential("postgresql", user, "cleartext", self.secret_bytes, is_accepted)
        if is_accepted:
            yield from identity("postgresql", user, self.flow.five_tuple.orig_addr, "StartupMessage")
        yield self._row({"command": "login", **login, "is_accepted": is_accepted})

    def _find_message(self, cursor: Cursor, side: Side) -> bool:
        """Look for the next message behind a gap: the server's word that it is ready, a client's at once or never."""
        payload, at, stop = cursor.payload, cursor.at, cursor.stop
        if side is Side.ORIGINATOR:
            cursor.need(HEAD_BYTES)
            size = int.from_bytes(payload[at + 1 : at + HEAD_BYTES], "big")
            if payload[at] in CLIENT_KINDS and 4 <= size <= PENDING_BYTES:
                return True
            cursor.rest()
            return False
        found = payload.find(READY, at, stop)
        if found < 0 and not cursor.whole and stop - at < len(READY):
            raise NeedMoreData
        cursor.at = found if found >= 0 else stop if cursor.whole else stop - len(READY) + 1
        return found == at

    def missed(self, side: Side, n_bytes: int) -> None:
        """Look for the next message: a gap seldom ends where one begins."""
        self.is_lost[side] = True

    def close(self) -> Iterator[Row]:
        """Yield the log-in and the statements whose outcome was not seen."""
        if self.login is not None:
            yield from self._end_login(is_accepted=None)
        for row in self.pending:
            yield self._row(row)


ENCRYPTIONS = {SSL_REQUEST: "SSL", GSS_REQUEST: "GSS"}
PARAMETERS = {b"user": "user", b"database": "sql_database", b"application_name": "sql_application"}

NOT_TOLD = re.compile(rb"^user$|pass|secret|token", re.IGNORECASE)
"""Settings left out: the user has a column, and what some gateways take for a secret is never stored."""


def _read_parameters(body: bytes) -> dict[str, Any]:
    """Return what a start-up message says of user, database and program, and all it sets."""
    words = body.split(b"\0")[: 2 * MAX_PARAMETERS]
    told = {name: value for name, value in zip(words[::2], words[1::2], strict=False) if name}
    row: dict[str, Any] = {name: read_text(told[word]) for word, name in PARAMETERS.items() if told.get(word)}
    settings = [f"{read_text(name)}={read_text(value)}" for name, value in told.items() if not NOT_TOLD.search(name)]
    return row | ({"sql_settings": settings} if settings else {})


def _remember(memory: dict[bytes, str | None], name: bytes, word: str | None) -> None:
    memory[name] = word
    if len(memory) > MAX_STATEMENTS:
        memory.pop(next(iter(memory)))
