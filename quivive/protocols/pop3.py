"""Post Office Protocol version 3 (RFC 1939), with CAPA (RFC 2449), AUTH (RFC 5034) and STLS (RFC 2595)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.logins import Claim, Exchange, login_rows
from quivive.messages.mail_headers import MAILBOX_STATUS, MAILS, RESPONSE_BYTES, DottedText, Mail
from quivive.messages.ntlm import NTLM
from quivive.messages.replies import UNANSWERED, goes_over_to_tls, text_of, without_name
from quivive.model.fields import ARGUMENT, COMMAND, STAMP, STATUS_TEXT, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Table
from quivive.model.tables import secret_mask

OK, ERR, GO_ON = b"+OK", b"-ERR", b"+"
COMMANDS = frozenset(
    b"USER PASS APOP AUTH CAPA STLS STAT LIST UIDL RETR TOP DELE NOOP RSET QUIT LAST XTND UTF8 LANG".split()
)
UNKNOWN = "(unknown)"
"""What is no command may be half a line behind a gap, a secret among it."""

MAIL_COMMANDS = frozenset((b"RETR", b"TOP"))
LISTS = frozenset((b"LIST", b"UIDL", b"AUTH", b"LANG"))
"""Commands whose good answer goes on for lines where they have no argument."""

TABLE = Table(
    "pop3",
    "POP3 commands, each with its answer; the server's greeting has a row without a command.",
    (*STAMP, USER, COMMAND, ARGUMENT, MAILBOX_STATUS, STATUS_TEXT, RESPONSE_BYTES),
)


class Waiting(NamedTuple):
    """A command that the server has not answered yet, and what hangs on it."""

    verb: bytes
    row: dict[str, Any]
    secret_bytes: int = 0
    exchange: Exchange | None = None

    def has_body(self) -> bool:
        """Return whether a good answer goes on for lines."""
        return self.verb in MAIL_COMMANDS or self.verb == b"CAPA" or (self.verb in LISTS and not self.row["argument"])


class Pop3(Protocol):
    """POP3: commands are answered in their order, also where a client does not wait."""

    name = "pop3"
    title = "Post Office Protocol"
    spec = "RFC 1939"
    carriers = (Carrier.TCP,)
    ports = (110,)
    signatures = (Signature(b"+OK ", minimum=7), b"CAPA\r\n", Signature(b"+O"), Signature(b"US"))
    tables = (TABLE, MAILS, NTLM)
    family = "mail"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A greeting says more than +OK, which Redis says too; USER is said in FTP and IRC too."""
        if payload.startswith(b"+OK "):
            return Match.YES if b"\n" in payload and len(payload) > 6 else Match.UNSURE
        if payload[:6].upper() == b"CAPA\r\n":
            return Match.YES
        verb = payload[:5].partition(b" ")[0].strip().upper()
        return Match.UNSURE if verb in COMMANDS or payload[:3] == OK else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._client: Side | None = None
        self._waiting: deque[Waiting] = deque()
        self._exchange: Exchange | None = None
        self._body: DottedText | None = None
        self._answered: Waiting | None = None
        self._user = ""
        self._n_stale = 0
        self._has_hole = False
        self._is_tls_agreed = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a line, or what is there of an answer of many lines."""
        if self._is_tls_agreed:
            self._is_tls_agreed = False
            if goes_over_to_tls(cursor):
                return
        if side is not self._client and self._body is not None:
            if self._body.read(cursor):
                yield from self._end_body(is_whole=True)
            return
        line = cursor.line()
        if self._client is None and line:
            is_server = line.startswith((OK, ERR))
            is_client = line[:5].partition(b" ")[0].strip().upper() in COMMANDS
            self._client = side.other if is_server else side if is_client else Side.ORIGINATOR
        if side is not self._client:
            is_bare = cursor.payload[cursor.at - 2 : cursor.at] != b"\r\n"
            yield from self._hear(line, b"\n" if is_bare else b"\r\n")
        elif self._exchange is not None and self._exchange.awaits:
            self._exchange.answer(line)
        elif line:
            yield from self._command(line)

    def missed(self, side: Side, n_bytes: int) -> None:
        """Count what is missing of an answer; that of what waits now may be missing."""
        self._exchange = None
        self._n_stale = len(self._waiting)
        if side is not self._client and self._body is not None:
            self._body.miss(n_bytes)
            self._has_hole = True

    def close(self) -> Iterator[Row]:
        """Yield the commands whose answers were not seen to their end."""
        yield from self._end_body(is_whole=False)
        while self._waiting:
            yield from self._pass_oldest()

    # What the client says.

    def _command(self, line: bytes) -> Iterator[Row]:
        verb, _, argument = line.partition(b" ")
        verb, text = verb.upper(), text_of(argument)
        if self._has_hole:
            yield from self._end_body(is_whole=False)
        exchange = None
        row: dict[str, Any] = {"command": text_of(verb), "argument": without_name(text, self._user) or None}
        if verb not in COMMANDS:
            row = {"command": UNKNOWN, "argument": None}
        if verb in (b"USER", b"APOP"):
            self._user, row["argument"] = text.partition(" ")[0], None
        elif verb == b"PASS":
            row["argument"] = secret_mask(len(argument))
        elif verb == b"AUTH" and text:
            mechanism, _, initial = argument.partition(b" ")
            row["argument"] = text_of(mechanism)
            exchange = self._exchange = Exchange(row["argument"], initial.strip())
        row["user"] = self._user or None
        if len(self._waiting) >= UNANSWERED:
            yield from self._pass_oldest()
        self._waiting.append(Waiting(verb, row, len(argument), exchange))

    # What the server says.

    def _hear(self, line: bytes, eol: bytes) -> Iterator[Row]:
        status, _, text = line.partition(b" ")
        if status == GO_ON and self._exchange is not None:
            self._exchange.challenge(text)
        if status not in (OK, ERR):
            return
        while self._n_stale:
            yield from self._pass_oldest()
        said = {"mailbox_status": text_of(status), "status_text": without_name(text_of(text), self._user) or None}
        if not self._waiting:
            yield TABLE, said
            return
        waiting = self._waiting.popleft()
        waiting.row.update(said)
        if status == OK and waiting.has_body():
            self._answered = waiting
            self._body = DottedText(Mail(is_dotted=True) if waiting.verb in MAIL_COMMANDS else None, eol)
            return
        yield from self._settle(waiting, is_accepted=status == OK)
        if status == OK and waiting.verb == b"STLS":
            self._is_tls_agreed = True

    def _end_body(self, *, is_whole: bool) -> Iterator[Row]:
        self._has_hole = False
        body, waiting = self._body, self._answered
        if body is None or waiting is None:
            return
        self._body = self._answered = None
        if body.mail:
            is_orig = self._client is Side.RESPONDER
            known = {} if waiting.verb == b"RETR" else {"mail_bytes": None}
            yield body.mail.row(self.name, is_orig=is_orig, is_whole=is_whole and not known, **known)
        waiting.row["response_bytes"] = body.n_bytes
        yield from self._settle(waiting)

    def _pass_oldest(self) -> Iterator[Row]:
        self._n_stale = max(0, self._n_stale - 1)
        yield from self._settle(self._waiting.popleft())

    def _settle(self, waiting: Waiting, *, is_accepted: bool | None = None) -> Iterator[Row]:
        yield TABLE, waiting.row
        ends = self.flow.five_tuple
        addr = ends.resp_addr if self._client is Side.RESPONDER else ends.orig_addr
        if waiting.exchange:
            self._user, self._exchange = waiting.exchange.user, None
            yield from waiting.exchange.rows(self.name, is_accepted, addr)
        elif waiting.verb == b"PASS":
            claim = Claim(waiting.row["user"] or "", "PASS", waiting.secret_bytes, "USER")
            yield from login_rows(claim, self.name, is_accepted, addr)
        elif waiting.verb == b"APOP":
            claim = Claim(waiting.row["user"] or "", "APOP", None, "APOP")
            yield from login_rows(claim, self.name, is_accepted, addr)
