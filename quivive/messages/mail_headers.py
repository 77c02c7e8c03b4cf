"""What the head of a mail says (RFC 5322, RFC 2045 to 2047, RFC 2231), and the table of every mail seen on the wire.

The first HEAD_BYTES of a mail are looked at as it comes by, the rest is counted; nothing of its text is kept.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Row
from quivive.messages.wire_text import cut
from quivive.model.fields import IS_ORIG, STAMP, USER_AGENT
from quivive.model.limits import LIST_ITEMS, NESTING
from quivive.model.schema import Field, Table
from quivive.model.tables import PROTOCOL

HEAD_BYTES = 65_536
"""Bytes of a mail in which headers are looked for; real heads with all their Received lines stay under 20,000."""

MIME_PARTS = 256
"""Parts of a mail whose headers are read; mails by hand have a dozen."""

PART_HEAD_BYTES = 4096
"""Headers read of one part: a type, a name and an encoding."""

MAIL_MESSAGE_ID = Field("mail_message_id", "text", "Message-ID header of the mail, as sent.")
MAIL_BYTES = Field("mail_bytes", "int64", "Size of the mail with its headers, dots unstuffed.", "bytes")
IS_MAIL_WHOLE = Field("is_mail_whole", "bool", "Whether the mail was seen to its end without a gap.")

MAILBOX_STATUS = Field(
    "mailbox_status", "text", "The server's answer in one word: +OK or -ERR, OK, NO, BAD, PREAUTH or BYE."
)
RESPONSE_BYTES = Field(
    "response_bytes", "int64", "Size of what the server sent in answer, without the status line.", "bytes"
)

MAILS = Table(
    "mails",
    "Mails seen on the wire, by any protocol: what their headers say, never their text.",
    (
        *STAMP,
        PROTOCOL,
        IS_ORIG,
        MAIL_MESSAGE_ID,
        Field("mail_subject", "text", "Subject header, decoded."),
        Field("from_header", "text", "From header, decoded.", personal="person"),
        Field("from_mailbox", "text", "Mail address in the From header.", personal="person"),
        Field("sender_mailbox", "text", "Mail address in the Sender header.", personal="person"),
        Field("reply_to", "texts", "Mail addresses of the Reply-To header.", personal="person"),
        Field("to_header", "texts", "Mail addresses of the To header.", personal="person"),
        Field("cc_header", "texts", "Mail addresses of the Cc header.", personal="person"),
        Field("bcc_header", "texts", "Mail addresses of the Bcc header.", personal="person"),
        Field("date_header", "text", "Date header as sent."),
        Field("in_reply_to", "text", "In-Reply-To header: the Message-ID that is answered."),
        USER_AGENT,
        Field("x_originating_ip", "text", "Address of the writer's machine, as webmail names it.", personal="host"),
        Field("mail_content_type", "text", "Media type of the mail as a whole, lower case."),
        Field("attachment_names", "texts", "File names of the parts that have one, as far as they were looked at."),
        Field(
            "n_attachments", "int32", "Parts that are attachments or have a file name, as far as they were looked at."
        ),
        MAIL_BYTES,
        IS_MAIL_WHOLE,
    ),
)

TEXT_HEADERS = {
    "message-id": "mail_message_id",
    "subject": "mail_subject",
    "from": "from_header",
    "date": "date_header",
    "in-reply-to": "in_reply_to",
    "user-agent": "user_agent",
    "x-mailer": "user_agent",
    "x-originating-ip": "x_originating_ip",
}
MAILBOX_HEADERS = {"from": "from_mailbox", "sender": "sender_mailbox"}
MAILBOXES_HEADERS = {"reply-to": "reply_to", "to": "to_header", "cc": "cc_header", "bcc": "bcc_header"}

BLANK_LINE = re.compile(rb"\r?\n\r?\n")
FOLD = re.compile(rb"\r?\n(?=[ \t])")
PART_BORDER = re.compile(rb"^--([^\r\n]{1,100})", re.MULTILINE)
ENCODED_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{1,20})?\?([BbQq])\?([^?\s]*)\?=")
BETWEEN_ENCODED_WORDS = re.compile(r"\?=\s+=\?")
PARAMETER = re.compile(r";\s*([^\s=;\"]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;\"]*)")
ADDRESS_MARK = re.compile(r"\\.|[\"(),;:<>]", re.DOTALL)
CLOSING = {'"': '"', "(": ")", "<": ">"}
ANGLE = re.compile(r"<([^<>]*)>")
TEXT_CHARSET = re.compile(
    r"utf-?(8|7|16|32)|(us-)?ascii|iso-?8859|latin|windows-|cp\d|koi8|gb|big5|shift|iso-2022|euc|mac|tis", re.IGNORECASE
)
"""Python also has codecs that are no character sets."""


class Mail:
    """One mail as it comes by.

    is_dotted: whether leading dots of its lines are doubled (RFC 5321, 4.5.2)
    """

    __slots__ = ("has_gap", "head", "is_dotted", "n_bytes")

    def __init__(self, *, is_dotted: bool = False) -> None:
        self.head = bytearray()
        self.n_bytes = 0
        self.has_gap = False
        self.is_dotted = is_dotted

    def read(self, cursor: Cursor, size: int) -> None:
        """Step over `size` bytes of the mail that are there."""
        room = HEAD_BYTES - len(self.head)
        if room > 0 and not self.has_gap:
            self.head += cursor.peek(min(size, room))
        self.n_bytes += size
        cursor.at += size

    def miss(self, size: int) -> None:
        """Hear that `size` bytes of it were not captured."""
        self.has_gap = True
        self.n_bytes += size

    def row(self, protocol: str, *, is_orig: bool, is_whole: bool, **known: Any) -> Row:
        """Return the mail's row; `known` are fields that its carrier told."""
        head = bytes(self.head).replace(b"\n..", b"\n.") if self.is_dotted else bytes(self.head)
        row: dict[str, Any] = {"protocol": protocol, "is_orig": is_orig, **read_head(head)}
        row["mail_bytes"] = self.n_bytes
        row["is_mail_whole"] = is_whole and not self.has_gap
        return MAILS, row | known


class DottedText:
    """Lines that end with a lone dot (RFC 5321, 4.5.2; RFC 1939, 3), stepped over as they come by.

    mail:  what they are, where they are a mail
    eol:   how the side ends its lines: a bare LF only where its commands end so too, or a mail could forge its end
    """

    __slots__ = ("_end", "_eol", "_stuffed", "_tail", "mail", "n_bytes")

    def __init__(self, mail: Mail | None, eol: bytes = b"\r\n") -> None:
        self.mail = mail
        self.n_bytes = 0
        self._eol = eol
        self._end = eol + b"." + eol
        self._stuffed = eol + b".."
        self._tail = eol

    def read(self, cursor: Cursor) -> bool:
        """Step over what is there of them; returns whether that was the end."""
        cursor.need(1)
        n_tail = len(self._tail)
        window = self._tail + cursor.payload[cursor.at : cursor.stop]
        found = window.find(self._end)
        stop = found + len(self._end) if found >= 0 else len(window)
        size = stop - n_tail
        n_more = size - window.count(self._stuffed, max(0, n_tail - len(self._stuffed) + 1), stop)
        if found >= 0:
            n_more -= 1 + len(self._eol)
        self.n_bytes += n_more
        self._tail = window[max(0, stop - 4) : stop]
        if self.mail is None:
            cursor.at += size
        else:
            self.mail.read(cursor, size)
            self.mail.n_bytes += n_more - size
        return found >= 0

    def miss(self, size: int) -> None:
        """Hear that `size` bytes of them were not captured."""
        self._tail = b""
        self.n_bytes += size
        if self.mail:
            self.mail.miss(size)


def read_head(head: bytes) -> dict[str, Any]:
    """Return the fields of MAILS that the first bytes of a mail tell."""
    headers, at = _read_headers(head, 0, HEAD_BYTES)
    row: dict[str, Any] = {}
    for name, value in headers.items():
        if name in TEXT_HEADERS:
            row.setdefault(TEXT_HEADERS[name], cut(decoded(value)))
        if name in MAILBOXES_HEADERS:
            row[MAILBOXES_HEADERS[name]] = mailboxes(value)
        elif name in MAILBOX_HEADERS:
            row[MAILBOX_HEADERS[name]] = next(iter(mailboxes(value)), None)
    row["mail_content_type"] = _split_value(headers.get("content-type", ""))[0] or None
    names = list(_attachments(head, headers, at))
    row["n_attachments"] = len(names)
    row["attachment_names"] = [name for name in names if name] or None
    return row


def _read_headers(head: bytes, at: int, limit: int = PART_HEAD_BYTES) -> tuple[dict[str, str], int]:
    """Return the headers that begin at `at`, by lower-case name, the first of each name, and where the body begins."""
    if head[at : at + 2].startswith((b"\n", b"\r\n")):
        return {}, at
    end = min(len(head), at + limit)
    blank = BLANK_LINE.search(head, at, end)
    stop, after = (blank.start(), blank.end()) if blank else (end, end)
    headers: dict[str, str] = {}
    for line in FOLD.sub(b"", head[at:stop]).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and len(name) < 80:
            key = name.strip().decode("ascii", "backslashreplace").lower()
            headers.setdefault(key, value.strip().decode("utf-8", "backslashreplace"))
    return headers, after


def _attachments(head: bytes, part: dict[str, str], at: int) -> Iterator[str]:
    """Yield the file name, which may be empty, of every part that is an attachment, at any depth.

    part, at: headers of the mail itself, and where its body begins
    """
    boundaries = {""}
    borders = PART_BORDER.finditer(head, at)
    for _ in range(MIME_PARTS):
        for _ in range(NESTING):
            yield from _attachment(part)
            content_type, parameters = _split_value(part.get("content-type", ""))
            boundaries.add(parameters.get("boundary", ""))
            if content_type != "message/rfc822":
                break
            part, at = _read_headers(head, at)
        border = next((border for border in borders if _border_mark(border) in boundaries), None)
        line_end = head.find(b"\n", border.end()) if border else -1
        if line_end < 0:
            return
        part, at = _read_headers(head, line_end + 1)


def _border_mark(border: re.Match[bytes]) -> str | None:
    return border[1].rstrip().decode("utf-8", "backslashreplace") or None


def _attachment(headers: dict[str, str]) -> Iterator[str]:
    disposition, parameters = _split_value(headers.get("content-disposition", ""))
    name = parameters.get("filename") or _split_value(headers.get("content-type", ""))[1].get("name", "")
    if name or disposition == "attachment":
        yield name


def _split_value(value: str) -> tuple[str, dict[str, str]]:
    """Return a structured header's value, lower case, and its parameters, continuations joined (RFC 2231, 3)."""
    if not value:
        return "", {}
    pieces: dict[str, list[tuple[int, str]]] = {}
    for found in PARAMETER.finditer(value):
        name, _, rest = found[1].lower().partition("*")
        text = found[2].strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        number = rest.rstrip("*")
        pieces.setdefault(name, []).append((int(number) if number.isdecimal() else 0, text))
        if rest.endswith("*") or found[1].endswith("*"):
            pieces[name][-1] = (pieces[name][-1][0], _unescaped(text))
    parameters = {name: decoded("".join(text for _, text in sorted(found))) for name, found in pieces.items()}
    return value.partition(";")[0].strip().lower(), parameters


def _unescaped(text: str) -> str:
    """Return an extended parameter's text: charset'language'%41%42 (RFC 2231, 4)."""
    charset, quote, rest = text.partition("'")
    escaped = rest.partition("'")[2] if quote and "'" in rest else text
    return _text(unquote_to_bytes(escaped), charset if escaped is not text else "utf-8")


def decoded(value: str) -> str:
    """Return a header's value with its encoded words in clear (RFC 2047)."""
    if "=?" not in value:
        return value
    joined = BETWEEN_ENCODED_WORDS.sub("?==?", value)
    out: list[str] = []
    at, charset, pending = 0, "", b""
    for word in ENCODED_WORD.finditer(joined):
        if word.start() != at or word[1].lower() != charset:
            out += (_text(pending, charset), joined[at : word.start()])
            charset, pending = word[1].lower(), b""
        pending += _word_bytes(word[2], word[3])
        at = word.end()
    return "".join((*out, _text(pending, charset), joined[at:]))


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "backslashreplace")
    if encoding in "Qq":
        return quopri.decodestring(data, header=True)
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return data


def _text(data: bytes, charset: str) -> str:
    if not TEXT_CHARSET.match(charset):
        charset = "utf-8"
    try:
        return data.decode(charset, "backslashreplace")
    except (LookupError, UnicodeError):
        return data.decode("latin-1")


def mailboxes(value: str) -> list[str]:
    """Return the mail addresses of an address list, without the names beside them (RFC 5322, 3.4)."""
    parts: list[str] = [""]
    start, closing = 0, ""
    for mark in ADDRESS_MARK.finditer(value):
        char = mark[0]
        if closing:
            # What stood in brackets was a remark.
            start = mark.end() if char == closing == ")" else start
            closing = "" if char == closing else closing
        elif char in CLOSING:
            closing = CLOSING[char]
            parts[-1] += value[start : mark.start()]
            start = mark.start()
        elif char in ",;:":
            # A colon ends the name of a group, which is nobody's address.
            parts[-1] = "" if char == ":" else parts[-1] + value[start : mark.start()]
            parts += [] if char == ":" else [""]
            start = mark.end()
    parts[-1] += value[start:]
    return [mailbox for part in parts[:LIST_ITEMS] if (mailbox := _mailbox(part))]


def _mailbox(part: str) -> str:
    angles = ANGLE.findall(part)
    if angles:
        return str(angles[-1]).strip()
    return next((word for word in part.split() if "@" in word), part.strip())
