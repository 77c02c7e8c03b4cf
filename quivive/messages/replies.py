"""Numbered replies of FTP and SMTP (RFC 959, 4.2; RFC 5321, 4.2), and texts freed of a user's name."""

from __future__ import annotations

import re
from typing import NamedTuple

from quivive.kit.cursor import Cursor
from quivive.messages.wire_text import plain
from quivive.model.five_tuple import Side

REPLY_LINE = re.compile(rb"([1-6][0-9]{2})([ -]|$)")

BETWEEN_WORDS = re.compile(r"([\s<>,;()\"']+)")

TLS_BEGINS = (b"\x16", b"\x80")
"""A handshake record, or the hello of version 2 with which old clients still begin (RFC 5246, E.2)."""

UNANSWERED = 128
"""Commands kept that wait for their answer; pipelining clients send a few dozen, a capture of one side all of them."""


class Reply(NamedTuple):
    """A whole reply. code: 0 for a line that is none.  first, last: the text of its first and of its last line."""

    code: int
    first: str
    last: str


class Replies:
    """Joins the lines of one side's replies."""

    __slots__ = ("_code", "_first")

    def __init__(self) -> None:
        self._code = b""
        self._first = ""

    def add(self, line: bytes) -> Reply | None:
        """Take one line; returns the reply that it ends, or None inside one of several lines."""
        begins = REPLY_LINE.match(line)
        if self._code:
            if begins is None or begins[1] != self._code or begins[2] == b"-":
                return None
            reply = Reply(int(self._code), self._first, text_of(line[4:]))
            self._code = b""
            return reply
        text = text_of(line[4:])
        if begins is None:
            return Reply(0, text_of(line), text_of(line))
        if begins[2] == b"-":
            self._code, self._first = begins[1], text
            return None
        return Reply(int(begins[1]), text, text)

    def forget(self) -> None:
        """Drop what was begun: lines are missing."""
        self._code = b""


def is_reply(line: bytes) -> bool:
    """Return whether a line begins with a reply code."""
    return REPLY_LINE.match(line) is not None


def client_of(line: bytes, side: Side, commands: frozenset[bytes]) -> Side:
    """Return which side is the client, by the first line that is seen; where it tells nothing, the originator."""
    if is_reply(line):
        return side.other
    return side if line[:5].partition(b" ")[0].strip().upper() in commands else Side.ORIGINATOR


def goes_over_to_tls(cursor: Cursor) -> bool:
    """Hand over where TLS begins; captured behind a proxy that ends it, the session goes on in clear.

    Asked once, for the first bytes of either side behind the answer that agrees to STARTTLS.
    """
    if cursor.peek(1) in TLS_BEGINS:
        cursor.hand_over("tls")
        return True
    return False


def text_of(line: bytes) -> str:
    """Return text as sent, without the blanks around it, cut to what is kept."""
    return plain(line.strip())


def without_name(text: str, name: str) -> str:
    """Return `text` with <user> in place of a user's name, so that a reply does not tell what a pseudonym hides."""
    if not name or name not in text:
        return text
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<user>", text)


def without_mailboxes(text: str) -> str:
    """Return `text` with <mailbox> in place of every mail address."""
    if "@" not in text:
        return text
    return "".join("<mailbox>" if "@" in word else word for word in BETWEEN_WORDS.split(text))
