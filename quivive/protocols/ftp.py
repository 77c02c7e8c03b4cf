"""File Transfer Protocol, its control connection (RFC 959, 2228, 2428, 3659, 4217)."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.logins import Claim, login_rows
from quivive.messages.replies import UNANSWERED, Replies, Reply, client_of, goes_over_to_tls, text_of, without_name
from quivive.model.fields import ARGUMENT, COMMAND, FILE_NAME, STAMP, STATUS_CODE, STATUS_TEXT, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import TEXT_BYTES
from quivive.model.schema import Field, Table
from quivive.model.tables import secret_mask

TELNET = b"\xff\xf4\xf2"
"""Interrupt and data mark, which stand before ABOR where a client follows RFC 959 to the letter (4.1.3)."""

FILE_COMMANDS = frozenset(b"RETR STOR APPE STOU DELE SIZE MDTM MFMT RNFR RNTO MLST".split())
DATA_COMMANDS = frozenset(b"RETR STOR APPE STOU LIST NLST MLSD".split())
SECRET_COMMANDS = frozenset(b"PASS ACCT ADAT MIC CONF ENC".split())
CWD_COMMANDS = frozenset(b"CWD XCWD CDUP XCUP".split())

COMMANDS = frozenset(
    b"ABOR ACCT ADAT ALLO APPE AUTH CCC CDUP CLNT CONF CWD DELE ENC EPRT EPSV FEAT HELP HOST LANG LIST LPRT LPSV MDTM "
    b"MFMT MIC MKD MLSD MLST MODE NLST NOOP OPTS PASS PASV PBSZ PORT PROT PWD QUIT REIN REST RETR RMD RNFR RNTO SITE "
    b"SIZE SMNT STAT STOR STOU STRU SYST TYPE USER AVBL COMB CSID DSIZ HASH MACB THMB "
    b"XCRC XCUP XCWD XMD5 XMKD XPWD XRMD XSHA".split()
)

UNKNOWN = "(unknown)"
"""What is no command may be half a line behind a gap, a secret among it."""

GREETING = re.compile(rb"(?:220|120)[ -][^\r\n]*FTP", re.IGNORECASE)
HOST_PORT = re.compile(r"(?<!\d)(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?!\d)")
EXTENDED_PORT = re.compile(r"(?:^|\()([!-/:-~])(?:[12])?\1([^|]{0,45})\1(\d{1,5})\1")
SIZE_TOLD = re.compile(r"\((\d{1,18}) bytes")
QUOTED = re.compile(r'"((?:[^"]|"")*)"')

TLS_NAMES = ("TLS", "tls", "SSL", "ssl", "TLS-C", "TLS-P")
"""Mechanisms of AUTH that put TLS on the control connection (RFC 4217, 4 and 17)."""

LOGGED_IN, ACCOUNT_NEEDED, AUTH_READY, SIZE_REPLY, PATH_REPLY = 230, 332, 234, 213, 257

TABLE = Table(
    "ftp",
    "FTP commands, each with its answer; what a server says unasked has a row without a command.",
    (
        *STAMP,
        USER,
        COMMAND,
        ARGUMENT,
        STATUS_CODE,
        STATUS_TEXT,
        FILE_NAME,
        Field("file_bytes", "int64", "Size of the file, as told before it flows.", "bytes"),
        Field("cwd", "text", "Directory in which the session stands, as far as it was told."),
        Field("data_addr", "text", "Address that was announced for the data connection.", personal="host"),
        Field("data_port", "int32", "Port that was announced for the data connection."),
        Field("is_passive", "bool", "Whether the server waits for the data connection."),
        Field("is_bounce", "bool", "Whether the announced address is not that of the host which announced it."),
    ),
)


class Waiting(NamedTuple):
    """A command that the server has not answered yet; secret_bytes where it sends one."""

    verb: bytes
    row: dict[str, Any]
    secret_bytes: int = 0


class Ftp(Protocol):
    """FTP: commands are answered in their order, transfers first with a preliminary reply."""

    name = "ftp"
    title = "File Transfer Protocol"
    spec = "RFC 959"
    carriers = (Carrier.TCP,)
    ports = (21, 2121)
    signatures = (Signature(b"22"), b"331 ", b"AUTH TLS\r\n", b"AUTH SSL\r\n", Signature(b"US"))
    tables = (TABLE,)
    family = "file"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A greeting of 220 may be of SMTP too, and USER of POP3 and IRC."""
        if (
            GREETING.match(payload)
            or payload[:4] == b"331 "
            or payload[:10].upper() in (b"AUTH TLS\r\n", b"AUTH SSL\r\n")
        ):
            return Match.YES
        if payload[:4] in (b"220 ", b"220-") and b"SMTP" not in payload.upper():
            return Match.UNSURE
        verb = payload[:5].partition(b" ")[0].strip().upper()
        return Match.UNSURE if verb in COMMANDS else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._client: Side | None = None
        self._waiting: deque[Waiting] = deque()
        self._replies = Replies()
        self._user = ""
        self._cwd = ""
        self._data: dict[str, Any] = {}
        self._has_greeted = False
        self._is_tls_agreed = False
        self._n_stale = 0

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a line."""
        if self._is_tls_agreed:
            self._is_tls_agreed = False
            if goes_over_to_tls(cursor):
                return
        line = cursor.line().lstrip(TELNET)
        if self._client is None and line:
            self._client = client_of(line, side, COMMANDS)
        if side is not self._client:
            yield from self._hear(line, cursor)
        elif line:
            yield from self._command(line)

    def missed(self, side: Side, n_bytes: int) -> None:
        """The answer to what waits now may be missing."""
        self._n_stale = len(self._waiting)
        if side is not self._client:
            self._replies.forget()

    def close(self) -> Iterator[Row]:
        """Yield the commands whose answers were not seen."""
        while self._waiting:
            yield from self._pass_oldest()

    # What the client says.

    def _command(self, line: bytes) -> Iterator[Row]:
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        text = text_of(argument)
        row: dict[str, Any] = {"command": text_of(verb), "argument": without_name(text, self._user) or None}
        if verb not in COMMANDS:
            row |= {"command": UNKNOWN, "argument": None}
        if verb == b"USER":
            self._user, row["argument"] = text, None
        elif verb in SECRET_COMMANDS:
            row["argument"] = secret_mask(len(argument))
        elif verb in FILE_COMMANDS:
            row["file_name"] = row["argument"]
        elif verb in (b"PORT", b"EPRT"):
            row |= self._announced(text, is_passive=False)
        if verb in DATA_COMMANDS:
            row |= self._data
        row |= {"user": self._user or None, "cwd": self._cwd or None}
        if len(self._waiting) >= UNANSWERED:
            yield from self._pass_oldest()
        self._waiting.append(Waiting(verb, row, len(argument)))

    # What the server says.

    def _hear(self, line: bytes, cursor: Cursor) -> Iterator[Row]:
        reply = self._replies.add(line)
        if reply is None:
            return
        if not (self._has_greeted or reply.code or self._waiting):
            raise cursor.fail("no reply code")
        is_greeting, self._has_greeted = not self._has_greeted and reply.code == 220, True
        if not reply.code:
            return
        while self._n_stale:
            yield from self._pass_oldest()
        if is_greeting or not self._waiting:
            yield TABLE, {"status_code": reply.code, "status_text": reply.first if is_greeting else self._said(reply)}
        elif reply.code < 200:
            self._note(self._waiting[0], reply)
        else:
            waiting = self._waiting.popleft()
            yield from self._settle(waiting, reply)
            if reply.code == AUTH_READY and waiting.row["argument"] in TLS_NAMES:
                self._is_tls_agreed = True

    def _note(self, waiting: Waiting, reply: Reply) -> None:
        """Write an answer into the row of its command."""
        row = waiting.row
        row["status_code"], row["status_text"] = reply.code, self._said(reply)
        told = SIZE_TOLD.search(reply.last) if waiting.verb in DATA_COMMANDS else None
        if told:
            row.setdefault("file_bytes", int(told[1]))

    def _pass_oldest(self) -> Iterator[Row]:
        self._n_stale = max(0, self._n_stale - 1)
        yield from self._settle(self._waiting.popleft(), None)

    def _settle(self, waiting: Waiting, reply: Reply | None) -> Iterator[Row]:
        verb, row = waiting.verb, waiting.row
        if reply:
            self._note(waiting, reply)
            if reply.code < 300:
                self._learn(verb, reply, row)
        if verb in DATA_COMMANDS:
            self._data = {}
        yield TABLE, row
        yield from self._login(waiting, 0 if reply is None else reply.code)

    def _login(self, waiting: Waiting, code: int) -> Iterator[Row]:
        """Yield what the answer to a log-in tells; a user may be let in without a password."""
        user = waiting.row["user"] or ""
        has_secret = waiting.verb == b"PASS" and code != ACCOUNT_NEEDED
        if has_secret or (waiting.verb == b"USER" and code == LOGGED_IN):
            method = "anonymous" if user.lower() in ("anonymous", "ftp") else "PASS"
            claim = Claim(user, method, waiting.secret_bytes if has_secret else None, "USER")
            yield from login_rows(claim, self.name, code < 300 if code else None, self._addr(self._client))

    def _learn(self, verb: bytes, reply: Reply, row: dict[str, Any]) -> None:
        """Take from a good answer where the session stands and where its data will flow."""
        if verb in (b"PASV", b"EPSV", b"LPSV"):
            row |= self._announced(reply.last, is_passive=True)
        elif verb == b"SIZE" and reply.code == SIZE_REPLY and reply.last.isdecimal() and len(reply.last) < 19:
            row["file_bytes"] = int(reply.last)
        elif verb in CWD_COMMANDS:
            step = ".." if verb in (b"CDUP", b"XCUP") else row["argument"] or ""
            if self._cwd or step.startswith("/"):
                path = posixpath.normpath(posixpath.join(self._cwd, step))
                self._cwd = path if len(path) <= TEXT_BYTES else ""
        elif verb in (b"PWD", b"XPWD") and reply.code == PATH_REPLY:
            quoted = QUOTED.search(reply.last)
            self._cwd = without_name(quoted[1].replace('""', '"'), self._user) if quoted else self._cwd
        elif verb == b"REIN":
            self._user = ""

    def _said(self, reply: Reply) -> str:
        return without_name(reply.last, self._user)

    # Data connections.

    def _announced(self, text: str, *, is_passive: bool) -> dict[str, Any]:
        """Return what a PORT or EPRT command, or the answer to PASV or EPSV, says of the coming data connection."""
        side = self._client.other if is_passive and self._client is not None else self._client
        own = self._addr(side)
        found = HOST_PORT.search(text)
        if found:
            numbers = [int(number) for number in found.groups()]
            addr, port = ".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5]
            is_known = max(numbers) <= 255
        else:
            found = EXTENDED_PORT.search(text)
            addr, port = (found[2] or own, int(found[3])) if found else ("", 0)
            is_known = found is not None and port <= 65535
        if not is_known:
            return {}
        addr = _canonical(addr)
        for place in {addr, _canonical(own)} - {""}:  # behind a translator of addresses the announced one is another
            self.flow.expect(place, port, "ftp_data")
        self._data = {"data_addr": addr or None, "data_port": port, "is_passive": is_passive}
        self._data["is_bounce"] = addr != _canonical(own) if addr and own else None
        return self._data

    def _addr(self, side: Side | None) -> str:
        ends = self.flow.five_tuple
        return ends.resp_addr if side is Side.RESPONDER else ends.orig_addr


def _canonical(addr: str) -> str:
    try:
        return str(ip_address(addr))
    except ValueError:
        return addr
