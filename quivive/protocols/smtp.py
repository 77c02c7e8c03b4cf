"""Simple Mail Transfer Protocol (RFC 5321), with BDAT (RFC 3030), AUTH (RFC 4954) and STARTTLS (RFC 3207)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.logins import Exchange
from quivive.messages.mail_headers import IS_MAIL_WHOLE, MAIL_BYTES, MAIL_MESSAGE_ID, MAILS, DottedText, Mail
from quivive.messages.ntlm import NTLM
from quivive.messages.replies import (
    UNANSWERED,
    Replies,
    Reply,
    client_of,
    goes_over_to_tls,
    text_of,
    without_mailboxes,
    without_name,
)
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES

HELLO = (b"EHLO", b"HELO", b"LHLO")
COMMANDS = frozenset(b"EHLO HELO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP AUTH START XCLIE".split())
"""What a client may begin with, in its first five letters."""

GREETING = re.compile(rb"220[ -](?:[^\r\n]*(?:SMTP|LMTP)|(?![^\r\n]*FTP)[^\r\n]*(?:\bmail|\bmx))", re.IGNORECASE)
PATH = re.compile(rb"(?:FROM|TO):[ \t]*(?:<([^>]*)>|([^\s]*))", re.IGNORECASE)

STARTS_TLS = (b"STARTTLS", b"X-ANONYMOUSTLS")
"""The second, like X-EXPS for AUTH, is what Exchange servers say among themselves."""

MAIL_FACTS = (MAIL_MESSAGE_ID.name, MAIL_BYTES.name, IS_MAIL_WHOLE.name)

READY, GO_ON, START_DATA = 220, 334, 354

TABLE = Table(
    "smtp",
    "Mail transactions: who handed which mail to whom, by the envelope; a session without any has one row too.",
    (
        *STAMP,
        Field("helo", "text", "Name by which the mail client greets.", personal="host"),
        Field(
            "mail_from",
            "text",
            "Return path of the envelope, as sent; empty text for notices of failure.",
            personal="person",
        ),
        Field("rcpt_to", "texts", "Recipients of the envelope, as sent.", personal="person"),
        Field("n_refused_rcpt", "int32", "Recipients that the server refused."),
        MAIL_MESSAGE_ID,
        MAIL_BYTES,
        IS_MAIL_WHOLE,
        Field("last_reply", "text", "Last answer of the server to the transaction, mail addresses left out."),
        Field("banner", "text", "What the server says of itself when it greets."),
        Field("is_tls", "bool", "Whether the session went over to TLS when asked to."),
    ),
)


class Transaction:
    """One mail on its way: from MAIL to the answer behind its text."""

    __slots__ = ("is_crowded", "is_over", "mail_facts", "mail_from", "n_refused", "n_waiting", "rcpt_to", "reply")

    def __init__(self, mail_from: str | None) -> None:
        self.mail_from = mail_from
        self.rcpt_to: list[str] = []
        self.n_refused = 0
        self.reply = ""
        self.mail_facts: dict[str, Any] = {}
        self.n_waiting = 0
        self.is_over = False
        self.is_crowded = False


class Waiting(NamedTuple):
    """A command that the server has not answered yet, and what hangs on it."""

    verb: bytes
    transaction: Transaction | None = None
    exchange: Exchange | None = None


class Smtp(Protocol):
    """SMTP and LMTP: commands are answered in their order, also where a client does not wait (RFC 2920)."""

    name = "smtp"
    title = "Simple Mail Transfer Protocol"
    spec = "RFC 5321"
    carriers = (Carrier.TCP,)
    ports = (25, 587, 2525)
    signatures = (b"EHLO", b"ehlo", b"Ehlo ", b"HELO ", b"helo ", b"Helo ", b"LHLO ", b"lhlo ", Signature(b"22"))
    tables = (TABLE, MAILS, NTLM)
    family = "mail"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A greeting of 220 may be of FTP too: the server's own words tell."""
        if payload[:5].upper().removesuffix(b" ") in HELLO or GREETING.match(payload):
            return Match.YES
        return Match.UNSURE if payload[:4] in (b"220 ", b"220-") and b"FTP" not in payload.upper() else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._client: Side | None = None
        self._waiting: deque[Waiting] = deque()
        self._replies = Replies()
        self._transaction: Transaction | None = None
        self._exchange: Exchange | None = None
        self._mail: Mail | None = None
        self._text: DottedText | None = None
        self._chunk_bytes = 0
        self._is_last_chunk = False
        self._has_lost = False
        self._n_stale = 0
        self._session: dict[str, Any] = {"is_tls": "tls" in self.flow.carriers}
        self._user = ""
        self._has_row = False
        self._is_tls_agreed = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a line, or what is there of a mail."""
        if self._is_tls_agreed:
            self._is_tls_agreed = False
            if goes_over_to_tls(cursor):
                return
        if side is self._client and self._text is not None:
            if self._text.read(cursor):
                yield from self._end_mail(is_whole=True)
        elif side is self._client and self._chunk_bytes:
            yield from self._read_chunk(cursor)
        else:
            line = cursor.line()
            if self._client is None and line:
                self._client = client_of(line, side, COMMANDS)
            if side is not self._client:
                yield from self._hear(line)
            elif self._exchange is not None and self._exchange.awaits:
                self._exchange.answer(line)
            elif line:
                is_bare = cursor.payload[cursor.at - 2 : cursor.at] != b"\r\n"
                yield from self._command(line, b"\n" if is_bare else b"\r\n")

    def missed(self, side: Side, n_bytes: int) -> None:
        """Count what is missing of a mail; the answer to what waits now may be missing."""
        self._has_lost = True
        self._n_stale = len(self._waiting)
        self._exchange = None
        if side is not self._client:
            self._replies.forget()
        elif self._text is not None:
            self._text.miss(n_bytes)
        elif self._chunk_bytes and self._mail is not None:
            self._mail.miss(min(n_bytes, self._chunk_bytes))
            self._chunk_bytes = max(0, self._chunk_bytes - n_bytes)

    def close(self) -> Iterator[Row]:
        """Yield the transactions whose end was not seen, or one row for a session without any."""
        yield from self._end_mail(is_whole=False)
        while self._waiting:
            yield from self._pass_oldest()
        yield from self._end_transaction()
        yield from self._end_session()

    # What the client says.

    def _command(self, line: bytes, eol: bytes) -> Iterator[Row]:
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        if len(self._waiting) >= UNANSWERED:
            yield from self._pass_oldest()
        if verb in (*HELLO, b"MAIL", b"RSET", b"QUIT", *STARTS_TLS):
            yield from self._end_transaction()
        exchange = None
        if verb in HELLO:
            self._session["helo"] = text_of(argument)
        elif verb == b"MAIL":
            self._transaction = Transaction(_path(argument))
        elif verb == b"RCPT":
            yield from self._add_recipient(_path(argument))
        elif verb == b"DATA":
            self._mail = Mail(is_dotted=True)
            self._text = DottedText(self._mail, eol)
        elif verb in (b"AUTH", b"X-EXPS"):
            exchange = self._exchange = Exchange(*_mechanism(argument))
        if verb == b"BDAT":
            yield from self._begin_chunk(argument)
        else:
            self._wait(verb, exchange)

    def _wait(self, verb: bytes, exchange: Exchange | None = None) -> None:
        self._waiting.append(Waiting(verb, self._transaction, exchange))
        if self._transaction:
            self._transaction.n_waiting += 1

    def _add_recipient(self, mailbox: str | None) -> Iterator[Row]:
        if self._transaction is None:
            self._transaction = Transaction(None)
        recipients = self._transaction.rcpt_to
        recipients += [mailbox] if mailbox else []
        if len(recipients) > LIST_ITEMS:
            recipients.pop()
            if not self._transaction.is_crowded:
                self._transaction.is_crowded = True
                yield (
                    ANOMALIES,
                    {"place": self.name, "anomaly": "more recipients than are kept", "detail": str(LIST_ITEMS)},
                )

    def _begin_chunk(self, argument: bytes) -> Iterator[Row]:
        """BDAT size [LAST]: the bytes follow at once (RFC 3030, 2)."""
        size, _, last = argument.strip().partition(b" ")
        self._wait(b"BDAT")
        if size.isdigit() and len(size) < 19:
            self._mail = self._mail or Mail()
            self._chunk_bytes = int(size)
            self._is_last_chunk = last.strip().upper() == b"LAST"
            if not self._chunk_bytes and self._is_last_chunk:
                yield from self._end_mail(is_whole=True)

    def _read_chunk(self, cursor: Cursor) -> Iterator[Row]:
        cursor.need(1)
        size = min(cursor.left, self._chunk_bytes)
        if self._mail:
            self._mail.read(cursor, size)
        self._chunk_bytes -= size
        if not self._chunk_bytes and self._is_last_chunk:
            yield from self._end_mail(is_whole=True)

    # What the server says.

    def _hear(self, line: bytes) -> Iterator[Row]:
        reply = self._replies.add(line)
        if reply is None or not reply.code:
            return
        if self._has_lost:
            yield from self._resume(reply)
        if reply.code == START_DATA:
            yield from self._pass_data()
        elif reply.code == GO_ON and self._exchange:
            self._exchange.challenge(line[4:])
        elif not self._is_banner(reply) and self._waiting:
            waiting = self._waiting.popleft()
            yield from self._settle(waiting, reply)
            if waiting.verb in STARTS_TLS and reply.code == READY:
                self._session["is_tls"], self._has_row = True, False
                yield from self._end_session()
                self._is_tls_agreed = True

    def _is_banner(self, reply: Reply) -> bool:
        """The first thing a server says is no answer, also where the client did not wait for it."""
        is_first = "banner" not in self._session
        if not is_first or (self._waiting and self._waiting[0].verb in STARTS_TLS):
            return False
        self._session["banner"] = reply.first if reply.code in (READY, 554) else None
        return self._session["banner"] is not None

    def _resume(self, reply: Reply) -> Iterator[Row]:
        """After a gap: an answer that comes while a mail goes on means that its end was missed."""
        self._has_lost = False
        while self._n_stale:
            yield from self._pass_oldest()
        if reply.code != START_DATA:
            yield from self._end_mail(is_whole=False)

    def _pass_data(self) -> Iterator[Row]:
        is_data = False
        while self._waiting and not is_data:
            is_data = self._waiting[0].verb == b"DATA"
            yield from self._pass_oldest()

    def _settle(self, waiting: Waiting, reply: Reply | None) -> Iterator[Row]:
        """Take a command from the queue with its answer, None where none came."""
        is_refused = reply is not None and reply.code >= 400
        transaction, exchange = waiting.transaction, waiting.exchange
        if transaction:
            transaction.n_waiting -= 1
            transaction.n_refused += is_refused and waiting.verb == b"RCPT"
            transaction.reply = self._said(reply) if reply else transaction.reply
            if transaction.is_over:
                yield from self._write(transaction)
        if waiting.verb == b"DATA" and is_refused:
            self._text = self._mail = None
        if exchange:
            self._user, self._exchange = exchange.user, None
            is_accepted = None if reply is None else not is_refused
            yield from exchange.rows(self.name, is_accepted, self._client_addr())
        if waiting.verb == b"QUIT":
            yield from self._end_session()

    def _said(self, reply: Reply) -> str:
        return without_name(without_mailboxes(f"{reply.code} {reply.last}".strip()), self._user)

    def _client_addr(self) -> str:
        ends = self.flow.five_tuple
        return ends.resp_addr if self._client is Side.RESPONDER else ends.orig_addr

    # Rows.

    def _end_mail(self, *, is_whole: bool) -> Iterator[Row]:
        """Write what the mail told; its transaction waits for the server's word on it."""
        mail, is_text = self._mail, self._text is not None
        self._mail = self._text = None
        self._chunk_bytes = 0
        if mail is None or not (mail.n_bytes or is_whole):
            return
        row = mail.row(self.name, is_orig=self._client is not Side.RESPONDER, is_whole=is_whole)
        yield row
        if self._transaction is None:
            self._transaction = Transaction(None)
        self._transaction.mail_facts = {name: row[1].get(name) for name in MAIL_FACTS}
        if is_text:
            self._wait(b".")
        yield from self._end_transaction()

    def _end_transaction(self) -> Iterator[Row]:
        if self._mail is not None:
            yield from self._end_mail(is_whole=False)
        transaction, self._transaction = self._transaction, None
        if transaction:
            transaction.is_over = True
            yield from self._write(transaction)

    def _write(self, transaction: Transaction) -> Iterator[Row]:
        """Write a transaction that is over, once all its commands are answered."""
        if transaction.n_waiting:
            return
        self._has_row = True
        row: dict[str, Any] = {
            "mail_from": transaction.mail_from,
            "rcpt_to": transaction.rcpt_to,
            "n_refused_rcpt": transaction.n_refused,
            "last_reply": transaction.reply or None,
        }
        yield TABLE, self._session | row | transaction.mail_facts

    def _end_session(self) -> Iterator[Row]:
        if not self._has_row and len(self._session) > 1:
            self._has_row = True
            yield TABLE, dict(self._session)

    def _pass_oldest(self) -> Iterator[Row]:
        self._n_stale = max(0, self._n_stale - 1)
        yield from self._settle(self._waiting.popleft(), None)


def _path(argument: bytes) -> str | None:
    """Return the mailbox of FROM:<...> or TO:<...>; angle brackets are often left out."""
    found = PATH.match(argument)
    return None if found is None else text_of(found[2] if found[1] is None else found[1])


def _mechanism(argument: bytes) -> tuple[str, bytes]:
    mechanism, _, initial = argument.strip().partition(b" ")
    return text_of(mechanism), initial.strip()
