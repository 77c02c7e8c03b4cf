"""MySQL's client/server protocol (MySQL internals manual, chapter 14; MariaDB likewise)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.ber import read_text
from quivive.messages.mysql_packet import MAX_ATTRIBUTES, Packet
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
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.fields import COMMAND, FILE_NAME, STAMP, USER, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

TABLE = Table(
    "mysql",
    "Log-ins to MySQL servers and commands sent to them.",
    (
        *STAMP,
        COMMAND,
        USER,
        SQL_DATABASE,
        SQL_APPLICATION,
        VERSION,
        SQL_AUTH,
        IS_ACCEPTED,
        SQL_KEYWORD,
        FILE_NAME,
        SQL_ERROR,
        SQL_ROWS,
        SQL_RESPONSE_BYTES,
        Field("mysql_client_os", "text", "Operating system the client says it is."),
    ),
)

COMMANDS = {
    1: "quit",
    2: "init db",
    3: "query",
    4: "field list",
    5: "create db",
    6: "drop db",
    7: "refresh",
    8: "shutdown",
    9: "statistics",
    10: "process info",
    12: "process kill",
    13: "debug",
    14: "ping",
    17: "change user",
    18: "binlog dump",
    19: "table dump",
    21: "register replica",
    22: "prepare",
    23: "execute",
    24: "send long data",
    25: "close statement",
    26: "reset statement",
    27: "set option",
    28: "fetch",
    30: "binlog dump by GTID",
    31: "reset connection",
}
QUIT, INIT_DB, QUERY, CREATE_DB, DROP_DB, CHANGE_USER, PREPARE, EXECUTE = 1, 2, 3, 5, 6, 17, 22, 23
WITHOUT_ANSWER = (QUIT, 24, 25)

PLUGIN_AUTH, CONNECT_ATTRIBUTES, LENGTH_ENCODED_SECRET = 0x80000, 0x100000, 0x200000
HAS_DATABASE, COMPRESS, PROTOCOL_41, SSL, SECURE_SECRET = 0x8, 0x20, 0x200, 0x800, 0x8000
NO_EOF, ZSTD, QUERY_ATTRIBUTES = 0x01000000, 0x04000000, 0x08000000
"""Capabilities of client and server (14.1.2); what both have is used."""

SSL_REQUEST_BYTES = 32
OLD_SSL_REQUEST_BYTES = 5

OK, MORE, LOCAL_FILE, EOF, ERROR = 0x00, 0x01, 0xFB, 0xFE, 0xFF

KEPT_BYTES = 4096
"""What is read of one packet: names, first words and codes stand in its beginning."""

HEAD_BYTES = 4
"""Length and number of a packet."""

ANSWER_BYTES = 32
"""What is read of the packet that begins an answer."""

MAX_PACKETS = 65_536
"""Packets read at one go: the rows that come in one segment."""

MAX_STATEMENTS = 1024
"""Prepared statements remembered; the server's own bound is 16,382."""

LARGEST = (1 << 63) - 1
"""Largest number a table holds; counts are unsigned on the wire."""

CLEAR_SECRET = "mysql_clear_password"  # the plugin that sends the password itself


class MySql(Protocol):
    """MySQL: one row per log-in and per command."""

    name = "mysql"
    title = "MySQL"
    spec = "MySQL internals 14"
    carriers = (Carrier.TCP,)
    ports = (3306,)
    signatures = (
        Signature("??0000000a3?2e", side=Side.RESPONDER, minimum=40),
        Signature("??0000000a31302e", side=Side.RESPONDER, minimum=40),
        Signature("??0000000a31312e", side=Side.RESPONDER, minimum=40),
        Signature("??000000ff??04", side=Side.RESPONDER, minimum=12),
    )
    tables = (TABLE,)
    family = "database"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.login: dict[str, Any] | None = None
        """The log-in under way; None before it and once the server has decided."""
        self.version: str | None = None
        self.is_greeted = False
        self.is_in = False
        self.capabilities = 0
        self.server_capabilities = 0
        self.secret_bytes = 0
        self.user: dict[str, Any] = {}
        self.waiting: dict[str, Any] | None = None
        """The command that the server is answering."""
        self.is_lost = [False, False]
        """Whether the beginning of the next packet is to be found, behind a gap."""
        self.statements: dict[int, str | None] = {}
        """First word of each prepared statement, by the server's number."""

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The server greets first: version 10 of the protocol, then its own as text."""
        if side is Side.RESPONDER and payload[3:5] == b"\0\x0a" and b"\0" in payload[5:64]:
            return Match.YES if payload[5:6].isdigit() else Match.NO
        return Match.UNSURE if len(payload) >= HEAD_BYTES + 1 else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a packet, or of an answer all packets that have come."""
        if self.is_compressed:
            cursor.rest()
            cursor.done()
        elif self.is_lost[side] and not self._finds_packet(cursor, side):
            n_bytes = len(cursor.rest())
            if self.waiting is not None and side is Side.RESPONDER:
                self.waiting["sql_response_bytes"] += n_bytes
        elif side is Side.ORIGINATOR:
            yield from self._read_client(cursor)
        elif self.is_in:
            self._read_answer(cursor)
        else:
            yield from self._read_login_answer(self._take_packet(cursor))

    @property
    def is_compressed(self) -> bool:
        """Whether packets are compressed from here on."""
        return self.is_in and bool(self.capabilities & (COMPRESS | ZSTD))

    def _take_packet(self, cursor: Cursor) -> bytes:
        """Return the beginning of a packet; what is too long of it is skipped."""
        cursor.need(HEAD_BYTES)
        at = cursor.at
        size = int.from_bytes(cursor.payload[at : at + 3], "little")
        kept = min(size, KEPT_BYTES)
        cursor.need(HEAD_BYTES + kept)
        cursor.at = at + HEAD_BYTES + kept
        cursor.skip(min(size - kept, cursor.left) if cursor.whole else size - kept)
        return cursor.payload[at + HEAD_BYTES : at + HEAD_BYTES + kept]

    # Log-in ----------------------------------------------------------------------------------------------------

    def _read_login_answer(self, packet: bytes) -> Iterator[Row]:
        """Read what the server says before anybody is in: its greeting, what it wants, and whether it agrees."""
        kind = packet[0] if packet else -1
        if not self.is_greeted and kind == 10:
            self._read_greeting(packet)
        elif kind == ERROR:
            yield from self._end_login(is_accepted=False, error=str(int.from_bytes(packet[1:3], "little")))
        elif kind == OK and self.login is not None:
            yield from self._end_login(is_accepted=True)
        elif kind == EOF and self.login is not None:
            self.login["sql_auth"] = read_text(packet[1:].partition(b"\0")[0]) or "mysql_old_password"
        elif kind != MORE:
            raise Malformed("no answer to a log-in", 0)

    def _read_greeting(self, packet: bytes) -> None:
        version, _, rest = packet[1:].partition(b"\0")
        self.is_greeted = True
        self.version = read_text(version)
        self.server_capabilities = int.from_bytes(rest[13:15] + rest[18:20], "little")

    def _end_login(self, *, is_accepted: bool | None, error: str | None = None) -> Iterator[Row]:
        login, self.login = self.login or {"command": "login"}, None
        user = login.get("user", "")
        if self.secret_bytes:
            yield credential("mysql", user, CLEAR_SECRET, self.secret_bytes, is_accepted)
        if is_accepted:
            self.user = {name: login[name] for name in ("user", "sql_database") if login.get(name)}
            yield from identity("mysql", user, self.flow.five_tuple.orig_addr, "HandshakeResponse")
        self.secret_bytes = 0
        self.is_in = is_accepted is True or bool(self.user)
        outcome = {"version": self.version, "is_accepted": is_accepted, "sql_error": error}
        yield _row(login | outcome)

    def _read_handshake(self, cursor: Cursor, packet: bytes) -> Iterator[Row]:
        """Read who logs in (14.2.5); a request for TLS is the same message, broken off before the name."""
        capabilities = int.from_bytes(packet[:4], "little")
        if capabilities & SSL and len(packet) in (SSL_REQUEST_BYTES, OLD_SSL_REQUEST_BYTES):
            cursor.hand_over("tls")
            yield _row({"command": "start TLS", "version": self.version})
            return
        self.capabilities = capabilities & self.server_capabilities
        if not capabilities & PROTOCOL_41:
            user = read_text(packet[5:].partition(b"\0")[0])
            self.login = {"command": "login", "user": user, "sql_auth": "mysql_old_password"}
            return
        reader = Packet(packet, SSL_REQUEST_BYTES)
        login: dict[str, Any] = {"command": "login", "user": read_text(reader.zero_ended())}
        if capabilities & LENGTH_ENCODED_SECRET:
            secret = reader.counted()
        else:
            secret = reader.take(reader.number()) if capabilities & SECURE_SECRET else reader.zero_ended()
        if capabilities & HAS_DATABASE:
            login["sql_database"] = read_text(reader.zero_ended())
        if capabilities & PLUGIN_AUTH:
            login["sql_auth"] = read_text(reader.zero_ended())
        if capabilities & CONNECT_ATTRIBUTES and reader.left:
            login |= _read_attributes(Packet(reader.counted(), 0))
        self.secret_bytes = len(secret.rstrip(b"\0")) if login.get("sql_auth") == CLEAR_SECRET else 0
        self.login = login

    # Commands --------------------------------------------------------------------------------------------------

    def _read_client(self, cursor: Cursor) -> Iterator[Row]:
        cursor.need(HEAD_BYTES)
        number = cursor.payload[cursor.at + 3]
        packet = self._take_packet(cursor)
        if self.login is not None:
            if self.login.get("sql_auth") == CLEAR_SECRET:
                self.secret_bytes = len(packet.rstrip(b"\0"))
        elif self.is_in or number == 0:
            # A command opens a new count of packets; others go on with a file or a change of user.
            self.is_in = True
            if number == 0 and packet:
                yield from self._read_command(packet)
        else:
            yield from self._read_handshake(cursor, packet)

    def _read_command(self, packet: bytes) -> Iterator[Row]:
        self.is_lost = [False, False]
        yield from self._end_command()
        command = packet[0]
        if command not in COMMANDS:
            raise Malformed(f"command 0x{command:02x}", 0)
        if command == CHANGE_USER:
            self.login = {"command": COMMANDS[command], "user": read_text(packet[1:].partition(b"\0")[0])}
            self.is_in = False
        elif command not in WITHOUT_ANSWER:
            self.waiting = {"command": COMMANDS[command], "sql_response_bytes": 0, "n_packets": 0, "number": command}
            if command in (QUERY, PREPARE):
                self.waiting["sql_keyword"] = keyword(self._statement(packet))
            elif command == EXECUTE:
                self.waiting["sql_keyword"] = self.statements.get(int.from_bytes(packet[1:5], "little"))
            elif command in (INIT_DB, CREATE_DB, DROP_DB):
                self.waiting["sql_database"] = read_text(packet[1:])

    def _statement(self, packet: bytes) -> bytes:
        """Return the statement of a query, behind its attributes if it has any (14.7.4)."""
        if packet[0] == PREPARE or not self.capabilities & QUERY_ATTRIBUTES:
            return packet[1:]
        reader = Packet(packet, 1)
        n_attributes = reader.counted_number()
        reader.counted_number()
        if n_attributes:
            reader.skip_attributes(n_attributes)
        return packet[reader.at :]

    def _read_answer(self, cursor: Cursor) -> None:
        """Count the packets of an answer; only the first one is read."""
        payload, start, stop = cursor.payload, cursor.at, cursor.stop
        at = start
        waiting = self.waiting or {"n_packets": 1, "sql_response_bytes": 0}
        for _ in range(MAX_PACKETS):
            if at + HEAD_BYTES > stop:
                break
            size = int.from_bytes(payload[at : at + 3], "little")
            if waiting["n_packets"] == 0:
                end = at + HEAD_BYTES + min(size, ANSWER_BYTES)
                if end > stop:
                    break
                self._read_outcome(waiting, Packet(payload[at + HEAD_BYTES : end], 0))
            waiting["n_packets"] += 1
            waiting["sql_response_bytes"] += HEAD_BYTES + size
            at += HEAD_BYTES + size
        if at == start:
            raise NeedMoreData
        cursor.at = min(at, stop)
        cursor.skip(0 if cursor.whole else at - cursor.at)

    def _read_outcome(self, waiting: dict[str, Any], packet: Packet) -> None:
        if not packet.left:
            return
        kind = packet.content[0]
        if kind == ERROR:
            waiting["sql_error"] = str(int.from_bytes(packet.content[1:3], "little"))
        elif kind == LOCAL_FILE:
            waiting["file_name"] = read_text(packet.content[1:])
        elif kind == OK and waiting["number"] == PREPARE:
            number = int.from_bytes(packet.content[1:5], "little")
            self.statements[number] = waiting.get("sql_keyword")
            if len(self.statements) > MAX_STATEMENTS:
                self.statements.pop(next(iter(self.statements)))
        elif kind == OK:
            packet.at = 1
            waiting["sql_rows"] = min(packet.counted_number(), LARGEST) if packet.left else None
            if waiting["number"] == INIT_DB:
                self.user["sql_database"] = waiting["sql_database"]
        elif kind != EOF and waiting["number"] in (QUERY, EXECUTE):
            waiting["n_columns"] = packet.counted_number()

    def _end_command(self) -> Iterator[Row]:
        waiting, self.waiting = self.waiting, None
        if waiting is None:
            return
        n_packets, n_columns = waiting.pop("n_packets"), waiting.pop("n_columns", None)
        waiting.pop("number")
        if n_columns is not None:
            # Around the rows stand the number of columns, the columns, and one or two packets that end a part.
            n_ends = 1 if self.capabilities & NO_EOF else 2
            waiting["sql_rows"] = max(0, n_packets - 1 - n_columns - n_ends)
        yield _row(self.user | waiting)

    def _finds_packet(self, cursor: Cursor, side: Side) -> bool:
        """Return whether a command of the client stands here; rows have no marks to look for."""
        if side is Side.RESPONDER:
            return False
        cursor.need(HEAD_BYTES + 1)
        head = cursor.peek(HEAD_BYTES + 1)
        return head[2:4] == b"\0\0" and head[4] in COMMANDS

    def missed(self, side: Side, n_bytes: int) -> None:
        """Go on behind a gap with the next command of the client."""
        self.is_lost[side] = True
        self.is_in = self.is_in or self.login is None
        if self.waiting is not None:
            self.waiting.pop("n_columns", None)

    def close(self) -> Iterator[Row]:
        """Yield the log-in and the command whose outcome was not seen."""
        if self.login is not None:
            yield from self._end_login(is_accepted=None)
        yield from self._end_command()


ATTRIBUTES = {b"_client_name": "sql_application", b"program_name": "sql_application", b"_os": "mysql_client_os"}


def _read_attributes(reader: Packet) -> dict[str, Any]:
    """Read what the client says of itself; its program's name counts more than its library's."""
    told = {}
    for _ in range(MAX_ATTRIBUTES):
        if not reader.left:
            break
        name, value = reader.counted(), reader.counted()
        told[name] = value
    return {field: read_text(told[name]) for name, field in ATTRIBUTES.items() if name in told}


def _row(row: dict[str, Any]) -> Row:
    return TABLE, {name: value for name, value in row.items() if value not in (None, "")}
