"""Syslog messages of both formats (RFC 3164, RFC 5424), by datagram or by stream (RFC 6587): one row per message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.wire_text import plain
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LINE_BYTES
from quivive.model.schema import Field, Table

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
MAX_PRIORITY = 191
"""Facility 23, severity 7 (RFC 5424, 6.2.1)."""

MAX_COUNT_DIGITS = 6
"""Of a message's length in a stream: more than 999,999 bytes are no log message."""

NIL = b"-"
BOM = b"\xef\xbb\xbf"

PRIORITY = re.compile(rb"<(\d{1,3})>")
COUNTED = re.compile(rb"([1-9]\d{1,5}) (?=<\d)")
STRUCTURED = re.compile(
    rb"1 (\S{1,48}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) "
    rb"""(-|(?:\[(?:[^]"\\]|\\.|"(?:[^"\\]|\\.)*+")*+\])++)(?: |$)""",
    re.DOTALL,
)
"""RFC 5424: time, host, program, process, kind of message, structured data."""

TIME = re.compile(
    rb"(?:\d{1,10}: )?[*.]?"  # Cisco's number of the message, and its mark of a clock that is not set
    rb"([A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?"
    rb"|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:?\d\d)?)"
    rb"(?: [A-Z]{3,4}(?=:))?:? "
)
HOST = re.compile(rb"([^\s:\[\]]{1,255}) ")
TAG = re.compile(rb"([^\s:\[]{1,64})(?:\[([^\]\s]{1,32})\])?: ?")

SYSLOG = Table("syslog", "Log messages that machines send over the network: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("syslog_facility", "text", "Kind of program that speaks: kern, mail, auth, local0 and others."),
    Field("syslog_severity", "text", "How grave it is, from emergency to debug."),
    Field("syslog_time", "text", "When it happened by the sender's clock, as sent."),
    Field("syslog_host", "text", "Machine that speaks, as sent.", personal="host"),
    Field("syslog_program", "text", "Program that speaks."),
    Field("syslog_process", "text", "Number or name of the program's process."),
    Field("syslog_kind", "text", "Kind of message, as the program names it."),
    Field("syslog_data", "text", "Structured data, as sent."),
    Field("syslog_text", "text", "The message itself."),
))  # fmt: skip


class Syslog(Protocol):
    """Syslog: a datagram is one message; in a stream each has its length before it or a line's end behind it."""

    name = "syslog"
    title = "Syslog"
    spec = "RFC 5424"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (514, 601)
    # An angle bracket and a digit; in streams also behind a length of two, three or four digits.
    signatures = ("3c3?", "3???203c", "3?????203c", "3???????203c")
    tables = (SYSLOG,)
    family = "management"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.is_stream = self.flow.five_tuple.transport == Carrier.TCP

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A priority, and behind it the time or version that both formats have there."""
        counted = COUNTED.match(payload)
        at = counted.end() if counted else 0
        priority = PRIORITY.match(payload, at)
        if priority is None or int(priority[1]) > MAX_PRIORITY:
            return Match.NO
        is_known = TIME.match(payload, priority.end()) or STRUCTURED.match(payload, priority.end())
        return Match.YES if is_known else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        message = self._next(cursor) if self.is_stream else cursor.rest()
        message = message.rstrip(b"\r\n\0")
        priority = PRIORITY.match(message)
        if priority is None and not self.is_stream and not message.isascii():
            raise cursor.fail("no priority")
        if message:
            yield SYSLOG, {"is_orig": side == Side.ORIGINATOR} | _fields(message, priority)

    def _next(self, cursor: Cursor) -> bytes:
        """Return the next message of a stream (RFC 6587, 3.4)."""
        if cursor.peek(1).isdigit():
            digits = cursor.until(b" ", MAX_COUNT_DIGITS)
            if not digits.isdigit():
                raise cursor.fail("message length is no number")
            return cursor.take(int(digits))
        return cursor.line(LINE_BYTES)


def _fields(message: bytes, priority: re.Match[bytes] | None) -> dict[str, Any]:
    """Return what a message says; one without priority or of neither format is text alone."""
    number = int(priority[1]) if priority else MAX_PRIORITY + 1
    if priority is None or number > MAX_PRIORITY:
        return {"syslog_text": plain(message)}
    row: dict[str, Any] = {"syslog_facility": FACILITIES[number >> 3], "syslog_severity": SEVERITIES[number & 7]}
    structured = STRUCTURED.match(message, priority.end())
    if structured is None:
        return row | _old_fields(message, priority.end())
    names = ("syslog_time", "syslog_host", "syslog_program", "syslog_process", "syslog_kind", "syslog_data")
    row |= {name: plain(word) for name, word in zip(names, structured.groups(), strict=True) if word != NIL}
    return row | {"syslog_text": plain(message[structured.end() :].removeprefix(BOM))}


def _old_fields(message: bytes, at: int) -> dict[str, Any]:
    """Return time, host, program and text of the format that was never quite one (RFC 3164, 4.1)."""
    row: dict[str, Any] = {}
    time = TIME.match(message, at)
    if time:
        row["syslog_time"], at = plain(time[1]), time.end()
        host = HOST.match(message, at)
        if host:
            row["syslog_host"], at = plain(host[1]), host.end()
    tag = TAG.match(message, at)
    if tag:
        row["syslog_program"], at = plain(tag[1]), tag.end()
        if tag[2]:
            row["syslog_process"] = plain(tag[2])
    return row | {"syslog_text": plain(message[at:])}
