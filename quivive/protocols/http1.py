"""Hypertext Transfer Protocol, versions 0.9, 1.0 and 1.1 (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature, Streams
from quivive.messages import spnego
from quivive.messages.http import lane as http_lane
from quivive.messages.http.body import (
    BODILESS,
    Body,
    BodyUntilClose,
    ChunkedBody,
    SizedBody,
    framing_of_request,
    framing_of_response,
)
from quivive.messages.http.exchange import REQUEST, RESPONSE, TUNNEL, UPGRADE, Exchange, Transaction
from quivive.messages.http.fields import HTTP as TABLE
from quivive.messages.http.head import Head, read_head
from quivive.messages.http.login import FORM_BYTES, FormReader, form_reader
from quivive.model.columns import Columns
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Table
from quivive.model.tables import ANOMALIES

COMMON_VERSIONS = ("HTTP/1.1", "HTTP/1.0")
COMMON_METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT")
OTHER_METHODS = (  # RFC 4918, 3253, 3648, 3744, 5323, 5842, 4791; UPnP events; what Windows and Exchange speak
    *("OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "CHECKOUT", "CHECKIN"),
    *("UNCHECKOUT", "VERSION-CONTROL", "MKWORKSPACE", "UPDATE", "LABEL", "MERGE", "BASELINE-CONTROL", "MKACTIVITY"),
    *("ORDERPATCH", "ACL", "SEARCH", "BIND", "UNBIND", "REBIND", "MKCALENDAR", "PURGE", "LINK", "UNLINK", "QUERY"),
    *("SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY", "POLL", "BCOPY", "BDELETE", "BMOVE", "BPROPFIND", "BPROPPATCH"),
    *("BITS_POST", "CCM_POST", "RPC_CONNECT", "RPC_IN_DATA", "RPC_OUT_DATA", "SOURCE"),
)

REQUEST_LINE = re.compile(r"([A-Za-z][\w.-]{0,31})[ \t]+(?:(.*?)[ \t]+)?HTTP/(\d\.\d)", re.IGNORECASE)
SIMPLE_REQUEST = re.compile(r"(GET|POST|HEAD|PUT)[ \t]+(\S+)")
STATUS_LINE = re.compile(r"(?:HTTP/(\d(?:\.\d)?)|ICY)[ \t]+(\d{3})(?:[ \t]+(.*))?", re.IGNORECASE)
ODD_STATUS_LINE = re.compile(r"HTTP(?:/(\d[.\d]*))?[^\s\d]*(?:[\s\0]+(\d{1,4}))?[^\s\d]*(?:\s+(.*))?", re.IGNORECASE)
FIRST_LINE = re.compile(
    rb"\s*(?:[A-Za-z][\w.-]{0,31}[ \t]+(?:[^\r\n]*[ \t])?HTTP/\d\.\d[ \t]*\r?(?:\n|$)|HTTP/\d(?:\.\d)?[ \t]+\d{3}\b)",
    re.IGNORECASE,
)
EMPTY_LINES = re.compile(rb"[\r\n]+")

ANY_METHOD = "|".join(COMMON_METHODS + OTHER_METHODS).encode()
SOME_REQUEST = re.compile(rb"(?:%s)[ \t]+[^\s]+[ \t]+HTTP/1\.[01]\r?\n" % ANY_METHOD)
SOME_STATUS = re.compile(rb"HTTP/1\.[01] [1-5]\d\d[ \r\n]")
VERSION = b"HTTP/1."
BEGINNINGS = {REQUEST: (SOME_REQUEST,), RESPONSE: (SOME_STATUS,), "": (SOME_REQUEST, SOME_STATUS)}
"""What a side that is lost looks for, by what it speaks."""

MAX_LINE_BYTES = 16_384
"""Longest start line waited for; servers refuse targets of more than 8 KB."""

MAX_SEARCHED_BYTES = 1 << 16
"""A side that has said so much without a start line speaks something else."""

SWITCHING = 101
"""The answer that changes the protocol (RFC 9110, 15.2.2)."""

UPGRADES = {"websocket": "websocket", "h2c": "http2"}

WITHOUT_BODY = (SWITCHING, 204, 304)


class Half:
    """What one side is in the midst of.

    speaks:      what it sends, once it has spoken: REQUEST or RESPONSE
    body:        what it is sending, and of which transaction
    form_bytes:  first bytes of the body that form_reader looks at for a log-in
    asked:       the request whose answer says what comes next
    is_lost:     whether the next start line has to be looked for
    n_searched:  bytes in which none was found
    """

    __slots__ = ("asked", "body", "form_bytes", "form_reader", "is_lost", "n_searched", "speaks", "transaction")

    def __init__(self) -> None:
        self.speaks = ""
        self.body: Body | None = None
        self.transaction: Transaction | None = None
        self.form_bytes = 0
        self.form_reader: FormReader | None = None
        self.asked: Transaction | None = None
        self.is_lost = False
        self.n_searched = 0


class Http1(Protocol):
    """HTTP: one row per request and response; log-ins in their own tables."""

    name = "http1"
    title = "Hypertext Transfer Protocol"
    spec = "RFC 9112"
    carriers = (Carrier.TCP,)
    ports = (80, 8080, 8000, 8008, 8081, 8888, 3128, 5985)
    signatures = (
        *(f"{method} ".encode() for method in COMMON_METHODS),
        *(f"{method} /".encode() for method in OTHER_METHODS),
        *(b"OPTIONS * HTTP", b"OPTIONS http", b"GET\t", b"POST\t", b"\r\nGET ", b"\r\nPOST ", b"HTTP/1.", b"http/1."),
        Signature(b"ICY 200 ", Side.RESPONDER),
    )
    tables = (TABLE, *spnego.TABLES)
    family = "web"
    has_lane = True

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.halves = (Half(), Half())
        self.exchange = Exchange(self.name, TABLE)
        if self.flow.memory:
            self._resume(self.flow.memory)

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A start line names its version; a simple request (0.9) does not."""
        if FIRST_LINE.match(payload[:MAX_LINE_BYTES]):
            return Match.NO if payload.startswith(b"PRI * HTTP/2.0") else Match.YES
        line = payload[:MAX_LINE_BYTES].partition(b"\n")[0].strip()
        return Match.UNSURE if SIMPLE_REQUEST.fullmatch(line.decode("latin-1")) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a head, with what is there of its body, or more of a body."""
        half = self.halves[side]
        if half.body is not None:
            self._read_body(cursor, half, half.body)
        elif half.is_lost:
            self._find_message(cursor, half)
        else:
            self._read_message(cursor, half)
        return self.exchange.take_rows()

    @classmethod
    def parse_streams(cls, streams: Streams) -> tuple[NDArray[np.uint8], list[tuple[Table, Columns]]]:
        """Read the conversations in which nothing is unusual."""
        taken, found = http_lane.read_streams(streams)
        return taken, [(TABLE, columns) for columns in found]

    def _resume(self, n_told: int) -> None:
        """Go on behind the transactions that `parse_streams` has told: the originator asks, the responder answers."""
        self.exchange.n_asked = n_told
        self.exchange.client_addr = self.flow.five_tuple.orig_addr
        self.halves[Side.ORIGINATOR].speaks, self.halves[Side.RESPONDER].speaks = REQUEST, RESPONSE

    def missed(self, side: Side, n_bytes: int) -> None:
        """A gap inside a body may leave its end known; behind any other the next start line is looked for."""
        half = self.halves[side]
        half.form_bytes = 0
        if half.body is None:
            half.is_lost = half.asked is None
            return
        inside = half.body.missed(n_bytes)
        if inside < n_bytes or (isinstance(half.body, SizedBody) and not half.body.left):
            self._end_body(half, half.body)
            half.is_lost = inside < n_bytes

    def close(self) -> Iterator[Row]:
        """A body that the end of the flow finds unfinished is not whole, unless it was to end so."""
        for half in self.halves:
            if half.body is not None and half.transaction is not None:
                row = half.transaction.row
                row[f"{half.speaks}_body_bytes"] = half.body.n_bytes
                row[f"is_{half.speaks}_whole"] = None if half.body.is_whole is None else False
        self.exchange.end_all()
        return self.exchange.take_rows()

    def _read_message(self, cursor: Cursor, half: Half) -> None:
        if self._is_simple_response(cursor, half):
            transaction = self._answer(cursor, half)
            self._begin_body(BodyUntilClose(), cursor, half, transaction)
        elif blank := EMPTY_LINES.match(cursor.payload, cursor.at, cursor.stop):
            cursor.at = blank.end()  # RFC 9112, 2.2
        elif half.asked is not None:
            self._await_answer(cursor, half, half.asked)
        else:
            self._read_head(cursor, half)

    def _read_head(self, cursor: Cursor, half: Half) -> None:
        began = cursor.at
        try:
            head = read_head(cursor)
        except NeedMoreData:
            if self._read_odd_line(cursor, half):
                return
            raise
        if half.speaks != REQUEST and (answered := self._status_line(head.start)):
            self._read_response(head, answered, cursor, half)
        elif half.speaks != RESPONSE and (asked := request_line(head.start)):
            self._read_request(head, asked, cursor, half)
        else:
            cursor.at = began
            self._read_odd_line(cursor, half)

    def _read_request(self, head: Head, line: tuple[str, str, str], cursor: Cursor, half: Half) -> None:
        transaction = self._ask(line, head.headers, cursor, half)
        body, anomaly = framing_of_request(head.headers)
        self._note(head, anomaly, cursor)
        if transaction.method == "CONNECT" or "upgrade" in head.headers:
            transaction.awaits = TUNNEL if transaction.method == "CONNECT" else UPGRADE
            half.asked = transaction
        if not head.is_whole:
            transaction.row["is_request_whole"] = False
        elif body is None:
            self.exchange.end(transaction, REQUEST, None, is_whole=True)
        else:
            if isinstance(body, SizedBody) and (reader := form_reader(head.headers.get("content-type", ""))):
                half.form_reader, half.form_bytes = reader, min(body.left, FORM_BYTES)
            self._begin_body(body, cursor, half, transaction)

    def _ask(self, line: tuple[str, str, str], headers: dict[str, str], cursor: Cursor, half: Half) -> Transaction:
        if not half.speaks:
            of_client = self.flow.five_tuple
            self.exchange.client_addr = of_client.orig_addr if half is self.halves[0] else of_client.resp_addr
        half.speaks, half.is_lost = REQUEST, False
        transaction = self.exchange.ask(line, headers, cursor.ts_ns)
        if "tls" in self.flow.carriers and transaction.row["url"].startswith("http://"):
            transaction.row["url"] = "https" + transaction.row["url"][4:]
        return transaction

    def _status_line(self, line: str) -> tuple[str, str, str] | None:
        """Return version, code and text; where a request awaits its answer, browsers take lines that are no good."""
        match = STATUS_LINE.fullmatch(line) or (self.exchange.waiting and ODD_STATUS_LINE.match(line))
        return (match[1] or "", match[2] or "", match[3] or "") if match else None

    def _read_response(self, head: Head, line: tuple[str, str, str], cursor: Cursor, half: Half) -> None:
        status = int(line[1] or 0)
        if 100 <= status < 200 and status != SWITCHING:
            if self.exchange.waiting:
                self.exchange.waiting[0].row["info_code"] = status
            half.speaks, half.is_lost = RESPONSE, False
            return
        transaction = self._answer(cursor, half)
        self.exchange.fill(transaction, head, line)
        if self._switch(status, head, transaction, cursor):
            return
        has_body = status not in WITHOUT_BODY and transaction.method != "HEAD" and head.is_whole
        body, anomaly = framing_of_response(head.headers) if has_body else BODILESS
        self._note(head, anomaly, cursor)
        if body is None:
            self.exchange.end(transaction, RESPONSE, None, is_whole=head.is_whole)
        else:
            self._begin_body(body, cursor, half, transaction)

    def _answer(self, cursor: Cursor, half: Half) -> Transaction:
        transaction = self.exchange.answer(cursor.ts_ns, is_behind_gap=half.is_lost)
        half.speaks, half.is_lost = RESPONSE, False
        for other in self.halves:
            if other.asked is transaction:
                other.asked = None
        return transaction

    def _switch(self, status: int, head: Head, transaction: Transaction, cursor: Cursor) -> bool:
        """Hand the flow over where the answer changes the protocol (RFC 9110, 7.8 and 9.3.6)."""
        if transaction.awaits == TUNNEL and 200 <= status < 300:
            to = None
        elif status == SWITCHING and (transaction.awaits == UPGRADE or not transaction.method):
            to = UPGRADES.get(head.headers.get("upgrade", "").lower())
        else:
            return False
        given: dict[str, Any] = {"host": transaction.row.get("host", ""), "path": transaction.row.get("uri", "")}
        if to == "websocket":
            given["subprotocol"] = head.headers.get("sec-websocket-protocol", "")
            given["extensions"] = head.headers.get("sec-websocket-extensions", "")
            to = "ocpp" if given["subprotocol"].lower().startswith("ocpp") else to
        self.exchange.end(transaction, RESPONSE, None, is_whole=head.is_whole)
        self.exchange.end_all()
        cursor.hand_over(to, **given)
        return True

    def _await_answer(self, cursor: Cursor, half: Half, asked: Transaction) -> None:
        """Wait until the other side has said whether the protocol changes; a further request shows that it did not."""
        line, mark, _ = cursor.peek(MAX_LINE_BYTES).partition(b"\n")
        if asked.awaits == UPGRADE and mark and request_line(line.decode("latin-1").strip()):
            half.asked = None
            self._read_head(cursor, half)
        elif not cursor.whole:
            raise NeedMoreData
        elif asked.awaits == TUNNEL:
            self.exchange.end_all()
            cursor.hand_over(None, host=asked.row.get("host", ""))
        else:
            cursor.at = cursor.stop

    def _is_simple_response(self, cursor: Cursor, half: Half) -> bool:
        """Return whether what comes answers a simple request: without a head (RFC 1945, 4.1)."""
        waiting = self.exchange.waiting
        if half.speaks == REQUEST or not waiting or waiting[0].row["version"] != "0.9":
            return False
        first = cursor.peek(5)
        if len(first) < 5 and b"HTTP/".startswith(first) and not cursor.whole:
            raise NeedMoreData(5 - len(first))
        return first != b"HTTP/"

    def _read_odd_line(self, cursor: Cursor, half: Half) -> bool:
        """Read a line that opens no head, if this is one: a simple request, or bytes that belong to nothing."""
        at, limit = cursor.at, min(cursor.stop, cursor.at + MAX_LINE_BYTES)
        end = cursor.payload.find(b"\n", at, limit)
        if end < 0 and limit - at < MAX_LINE_BYTES:
            if cursor.whole:
                raise Malformed("start line is cut short", at)
            return False
        stop = limit if end < 0 else end + 1
        line = cursor.payload[at:stop].decode("utf-8", "backslashreplace").strip()
        if (half.speaks != REQUEST and self._status_line(line)) or (half.speaks != RESPONSE and request_line(line)):
            return False
        if half.speaks != RESPONSE and (simple := SIMPLE_REQUEST.fullmatch(line)):
            cursor.at = stop
            transaction = self._ask((simple[1], simple[2], "0.9"), {}, cursor, half)
            self.exchange.end(transaction, REQUEST, None, is_whole=True)
            return True
        if not half.speaks and not self.exchange.waiting:
            raise Malformed("no start line", at)
        cursor.at = at + 1  # a message may begin in the midst of the line
        if not half.is_lost:
            self._anomaly("bytes between messages" if half.speaks else "no start line", cursor)
        half.is_lost = True
        return True

    def _find_message(self, cursor: Cursor, half: Half) -> None:
        """Look for the next start line behind a gap or behind bytes that belong to nothing."""
        where = (cursor.payload, cursor.at, cursor.stop)
        patterns = BEGINNINGS[half.speaks] if cursor.payload.find(VERSION, *where[1:]) >= 0 else ()
        found = [pattern.search(*where) for pattern in patterns]
        at = min((match.start() for match in found if match), default=-1)
        began = cursor.at
        if at == began:
            self._read_head(cursor, half)
        elif at > began:
            cursor.at = at
        elif cursor.whole:
            cursor.at = cursor.stop
        elif cursor.left > MAX_LINE_BYTES:
            cursor.at = cursor.stop - MAX_LINE_BYTES
            half.n_searched += cursor.at - began
            if not half.speaks and half.n_searched > MAX_SEARCHED_BYTES:
                cursor.done()
        else:
            raise NeedMoreData

    def _begin_body(self, body: Body, cursor: Cursor, half: Half, transaction: Transaction) -> None:
        half.body, half.transaction = body, transaction
        if not half.form_bytes and not isinstance(body, ChunkedBody):  # what may raise waits for the next parse
            self._read_body(cursor, half, body)

    def _read_body(self, cursor: Cursor, half: Half, body: Body) -> None:
        if half.form_bytes:
            if not cursor.whole:
                cursor.need(half.form_bytes)
            form = cursor.peek(half.form_bytes)
            half.form_bytes = 0
            login = half.form_reader(form) if half.form_reader else None
            if login and half.transaction:
                half.transaction.logins.append((login, login.scheme))
        began = cursor.at
        try:
            has_ended = body.read(cursor)
        except Malformed as error:
            if not isinstance(body, ChunkedBody) or body.has_chunks or body.otherwise is None:
                raise
            self._anomaly(error.reason, cursor)
            cursor.at = began
            half.body = body = body.otherwise
            has_ended = body.read(cursor)
        if has_ended:
            self._end_body(half, body)

    def _end_body(self, half: Half, body: Body) -> None:
        if half.transaction:
            self.exchange.end(half.transaction, half.speaks, body, is_whole=body.is_whole)
        half.body = half.transaction = None

    def _note(self, head: Head, anomaly: str, cursor: Cursor) -> None:
        if anomaly:
            self._anomaly(anomaly, cursor)
        if head.is_crowded:
            self._anomaly("too many header fields", cursor)

    def _anomaly(self, anomaly: str, cursor: Cursor) -> None:
        self.exchange.rows.append((ANOMALIES, {"ts_ns": cursor.ts_ns, "place": self.name, "anomaly": anomaly}))


def request_line(line: str) -> tuple[str, str, str] | None:
    """Return method, target and version of a request line, None for any other line."""
    parts = line.split(" ")
    if len(parts) == 3 and parts[2] in COMMON_VERSIONS and parts[0] in COMMON_METHODS:
        return parts[0], parts[1], parts[2][5:]
    match = REQUEST_LINE.fullmatch(line)
    return (match[1], match[2] or "", match[3]) if match else None
