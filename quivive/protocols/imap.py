"""Internet Message Access Protocol (RFC 9051, RFC 3501), with literals (RFC 7888) and SASL-IR (RFC 4959)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.logins import Claim, Exchange, login_rows
from quivive.messages.mail_headers import MAILBOX_STATUS, MAILS, RESPONSE_BYTES, Mail
from quivive.messages.ntlm import NTLM
from quivive.messages.replies import UNANSWERED, goes_over_to_tls, text_of, without_name
from quivive.model.fields import ARGUMENT, COMMAND, STAMP, STATUS_TEXT, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import secret_mask

ARGUMENT_BYTES = 8192
"""Bytes of a command's arguments kept while it goes on; servers refuse longer command lines (RFC 7162, 4)."""

LITERAL_BYTES = 1024
"""Longest literal kept as an argument: names and passwords; longer ones are stepped over."""

LITERAL = re.compile(rb"~?\{(\d{1,18})(\+?)\}$")
FETCHED_MAIL = re.compile(
    rb"(?:(BODY\[\]|RFC822)|BODY\[HEADER[^\]]*\]|RFC822\.HEADER)(?:<(\d{1,18})>)? ~?\{\d+\+?\}$", re.IGNORECASE
)
MAIL_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})", re.IGNORECASE)
COMMAND_LINE = re.compile(
    rb"([^\s\x00-\x1f(){%*\"\\+]{1,64}) ((?:UID )?[A-Za-z][\w.-]{1,30})(?: (.*)|)$", re.DOTALL | re.IGNORECASE
)
WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^\s"]+)', re.DOTALL)
GREETING = re.compile(rb"\* (?:OK|PREAUTH|BYE)\b", re.IGNORECASE)

NAMES_MAILBOX = frozenset(
    ("SELECT", "EXAMINE", "APPEND", "STATUS", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE")
)
COPIES = frozenset(("COPY", "MOVE", "UID COPY", "UID MOVE"))

OPENERS = (b"CAPABILITY", b"LOGIN", b"AUTHENTICATE", b"STARTTLS", b"ID", b"NOOP", b"LOGOUT")
"""What a client may say before it has logged in (RFC 9051, 6.1 and 6.2; RFC 2971)."""

TABLE = Table(
    "imap",
    "IMAP commands, each with its completion; the server's greeting has a row without a command.",
    (
        *STAMP,
        USER,
        Field("imap_tag", "text", "Tag that joins the command to its completion."),
        COMMAND,
        ARGUMENT,
        Field("mailbox_name", "text", "Mailbox that the command names, or else the one selected before."),
        MAILBOX_STATUS,
        STATUS_TEXT,
        RESPONSE_BYTES,
    ),
)


class Waiting:
    """A command whose completion has not come; `raw` are its arguments, small literals among them as quoted text."""

    __slots__ = ("exchange", "raw", "row", "verb")

    def __init__(self, verb: str, row: dict[str, Any]) -> None:
        self.verb = verb
        self.row = row
        self.raw = b""
        self.exchange: Exchange | None = None

    def add(self, text: bytes) -> None:
        """Keep more of the arguments, up to their bound."""
        self.raw += text[: ARGUMENT_BYTES - len(self.raw)]

    def words(self) -> list[bytes]:
        """Return atoms and strings of the arguments, the first few."""
        found = WORD.finditer(self.raw)
        words = [word[2] if word[1] is None else word[1] for word, _ in zip(found, range(8), strict=False)]
        return [re.sub(rb"\\(.)", rb"\1", word) for word in words]


class Half:
    """Where one side stands in a line with literals.

    left: bytes still to come of a literal   mail: the mail that it is   is_open: whether the line goes on behind it
    """

    __slots__ = ("is_open", "left", "mail")

    def __init__(self) -> None:
        self.left = 0
        self.mail: Mail | None = None
        self.is_open = False


class Imap(Protocol):
    """IMAP: every command bears a tag, which its completion repeats."""

    name = "imap"
    title = "Internet Message Access Protocol"
    spec = "RFC 9051"
    carriers = (Carrier.TCP,)
    ports = (143,)
    signatures = (b"* OK", b"* PREAUTH")
    tables = (TABLE, MAILS, NTLM)
    family = "mail"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A greeting, or a tag and a command that may be said before the log-in."""
        if GREETING.match(payload):
            return Match.YES
        line = COMMAND_LINE.match(payload[:128].partition(b"\r\n")[0])
        return Match.UNSURE if line and line[2].upper() in OPENERS else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._client: Side | None = None
        self._asked = Half()
        self._heard = Half()
        self._waiting: dict[bytes, Waiting] = {}
        self._tag = b""
        self._exchange: Exchange | None = None
        self._user = ""
        self._mailbox = ""
        self._response_bytes = 0
        self._mail_bytes: int | None = None
        self._is_all_fetched = False
        self._has_greeted = False
        self._is_compressed = False
        self._is_tls_agreed = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a line or, where it holds a literal, a part of one."""
        if self._is_tls_agreed:
            self._is_tls_agreed = False
            if goes_over_to_tls(cursor):
                return
        if self._is_compressed:
            cursor.done()
            return
        half = self._asked if side is self._client else self._heard
        if half.left and half.mail is not None:
            yield from self._read_mail(cursor, side, half)
        elif half.left:
            self._read_literal(cursor.take(half.left))
        else:
            line = cursor.line()
            if self._client is None and line:
                is_command = COMMAND_LINE.match(line) and not line.startswith((b"* ", b"+ "))
                self._client = side.other if GREETING.match(line) else side if is_command else Side.ORIGINATOR
            if side is self._client:
                yield from self._ask(line, cursor)
            else:
                yield from self._hear(line, cursor)

    def missed(self, side: Side, n_bytes: int) -> None:
        """Count what is missing of a mail; a line that went on is lost."""
        half = self._asked if side is self._client else self._heard
        if half.left and half.mail is not None:
            half.mail.miss(min(n_bytes, half.left))
        half.left = max(0, half.left - n_bytes)
        half.is_open = half.is_open and half.left > 0
        self._exchange = None

    def close(self) -> Iterator[Row]:
        """Yield the mail that was under way and the commands whose completion was not seen."""
        for side in (Side.ORIGINATOR, Side.RESPONDER):
            half = self._asked if side is self._client else self._heard
            if half.mail is not None and half.mail.n_bytes:
                yield half.mail.row(self.name, is_orig=side is Side.ORIGINATOR, is_whole=False)
            half.mail = None
        for waiting in self._waiting.values():
            yield from self._settle(waiting, None)
        self._waiting.clear()

    # What the client says.

    def _ask(self, line: bytes, cursor: Cursor) -> Iterator[Row]:
        waiting = self._waiting.get(self._tag)
        if self._asked.is_open and waiting:
            self._go_on(waiting, line, cursor)
            return
        if self._exchange is not None and self._exchange.awaits:
            self._exchange.answer(line)
            return
        found = COMMAND_LINE.match(line)
        if found is None:
            return  # DONE, which ends IDLE (RFC 2177), or what is left of a line behind a gap
        verb = text_of(found[2]).upper()
        row: dict[str, Any] = {"imap_tag": text_of(found[1]), "command": verb, "user": self._user or None}
        if found[1] in self._waiting:
            yield from self._settle(self._waiting.pop(found[1]), None)
        elif len(self._waiting) >= UNANSWERED:
            yield from self._settle(self._waiting.pop(next(iter(self._waiting))), None)
        self._tag = found[1]
        waiting = self._waiting[self._tag] = Waiting(verb, row)
        self._go_on(waiting, found[3] or b"", cursor)

    def _go_on(self, waiting: Waiting, text: bytes, cursor: Cursor) -> None:
        """Take more of a command: up to a literal, or to its end."""
        literal = LITERAL.search(text)
        self._asked.is_open = literal is not None
        if literal is None:
            self._asked.mail = None
            waiting.add(text)
            self._end_command(waiting)
            return
        waiting.add(text[: literal.start()])
        self._asked.left = int(literal[1])
        if waiting.verb == "APPEND" and waiting.raw.strip():
            self._asked.mail = Mail()
        elif self._asked.left > LITERAL_BYTES:
            waiting.add(literal[0])
            self._asked.left = 0
            cursor.skip(int(literal[1]))
        elif not self._asked.left:
            waiting.add(b'""')

    def _read_literal(self, literal: bytes) -> None:
        """Keep a small literal as quoted text."""
        self._asked.left = 0
        waiting = self._waiting.get(self._tag)
        if waiting:
            waiting.add(b'"' + re.sub(rb'(["\\])', rb"\\\1", literal) + b'"')

    def _end_command(self, waiting: Waiting) -> None:
        """Fill in the row of a command that is complete, without its secrets."""
        verb, row, words = waiting.verb, waiting.row, waiting.words()
        if verb == "LOGIN":
            row["argument"] = secret_mask(len(words[1])) if len(words) > 1 else None
        elif verb == "AUTHENTICATE" and words:
            row["argument"] = text_of(words[0])
            waiting.exchange = self._exchange = Exchange(row["argument"], words[1] if len(words) > 1 else b"")
        else:
            row["argument"] = without_name(text_of(waiting.raw), self._user) or None
        named = words[0] if verb in NAMES_MAILBOX and words else words[1] if verb in COPIES and len(words) > 1 else None
        row["mailbox_name"] = without_name(self._mailbox if named is None else text_of(named), self._user) or None

    # What the server says.

    def _hear(self, line: bytes, cursor: Cursor) -> Iterator[Row]:
        first, _, rest = line.partition(b" ")
        if self._heard.is_open or first == b"*":
            if not self._has_greeted and GREETING.match(line):
                status, _, text = rest.partition(b" ")
                yield TABLE, {"mailbox_status": text_of(status).upper(), "status_text": text_of(text) or None}
            else:
                yield from self._hear_data(line, cursor)
        elif first == b"+":
            if self._exchange is not None:
                self._exchange.challenge(rest.strip())
        elif first in self._waiting:
            yield from self._complete(first, rest, cursor)
        elif not (self._has_greeted or self._waiting):
            raise cursor.fail("no greeting")
        self._has_greeted = True

    def _hear_data(self, line: bytes, cursor: Cursor) -> Iterator[Row]:
        """Take a line of data, up to a literal or to its end; of what is fetched, the mail is looked at."""
        self._response_bytes += len(line) + 2
        size = MAIL_SIZE.search(line)
        if size:
            self._mail_bytes = int(size[1])
        literal = LITERAL.search(line)
        self._heard.is_open = literal is not None
        if literal is None:
            yield from self._end_fetch()
            return
        n_bytes = int(literal[1])
        self._response_bytes += n_bytes
        fetched = FETCHED_MAIL.search(line[-512:])
        if fetched and self._heard.mail is None and not int(fetched[2] or 0):
            self._heard.mail, self._heard.left = Mail(), n_bytes
            self._is_all_fetched = fetched[1] is not None
        else:
            cursor.skip(n_bytes)

    def _end_fetch(self) -> Iterator[Row]:
        """Write the mail of a FETCH once its line ends: its size may stand behind it."""
        mail, self._heard.mail = self._heard.mail, None
        size, self._mail_bytes = self._mail_bytes, None
        if mail is not None:
            is_all = self._is_all_fetched and size in (None, mail.n_bytes)
            known = {"mail_bytes": size if size is not None or not self._is_all_fetched else mail.n_bytes}
            yield mail.row(self.name, is_orig=self._client is Side.RESPONDER, is_whole=is_all, **known)

    def _complete(self, tag: bytes, rest: bytes, cursor: Cursor) -> Iterator[Row]:
        waiting = self._waiting.pop(tag)
        if tag == self._tag and self._asked.is_open and not (self._asked.mail and self._asked.mail.n_bytes):
            self._asked = Half()  # the server does not want the literal
        status, _, text = rest.partition(b" ")
        is_ok = status.upper() == b"OK"
        waiting.row |= {"mailbox_status": text_of(status).upper(), "response_bytes": self._response_bytes}
        waiting.row["status_text"] = without_name(text_of(text), self._user) or None
        self._response_bytes = 0
        yield from self._settle(waiting, is_ok)
        if is_ok and waiting.verb in ("SELECT", "EXAMINE"):
            self._mailbox = text_of(b"".join(waiting.words()[:1]))
        elif is_ok and waiting.verb == "STARTTLS":
            self._is_tls_agreed = True
        elif is_ok and waiting.verb == "COMPRESS":
            self._is_compressed = True
            cursor.done()

    def _settle(self, waiting: Waiting, is_accepted: bool | None) -> Iterator[Row]:
        exchange, words = waiting.exchange, waiting.words() if waiting.verb == "LOGIN" else []
        ends = self.flow.five_tuple
        addr = ends.resp_addr if self._client is Side.RESPONDER else ends.orig_addr
        if len(words) > 1:
            claim = Claim(text_of(words[0]), "LOGIN", len(words[1]), "LOGIN")
            self._user = waiting.row["user"] = claim.user
            yield TABLE, waiting.row
            yield from login_rows(claim, self.name, is_accepted, addr)
        else:
            yield TABLE, waiting.row
        if exchange:
            self._user, self._exchange = exchange.user, None
            yield from exchange.rows(self.name, is_accepted, addr)

    # Mails.

    def _read_mail(self, cursor: Cursor, side: Side, half: Half) -> Iterator[Row]:
        """Read what is there of a mail; one that is appended is complete with its literal."""
        cursor.need(1)
        size = min(cursor.left, half.left)
        mail = half.mail
        if mail is None:
            return
        mail.read(cursor, size)
        half.left -= size
        if not half.left and half is self._asked:
            half.mail = None
            yield mail.row(self.name, is_orig=side is Side.ORIGINATOR, is_whole=True)
