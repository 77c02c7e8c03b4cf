"""Telnet (RFC 854): options (RFC 855), terminal type (RFC 1091), environment (RFC 1572), and log-ins at a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.logins import Claim, login_rows
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.kit.replies import text_of
from quivive.model.errors import NeedMoreData
from quivive.model.fields import STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

SUBNEGOTIATION_BYTES = 1024
"""Longest subnegotiation waited for: a terminal name, or a few variables."""

OPTIONS_KEPT = 128
"""Distinct requests kept of one session; all options of both sides make fewer."""

LOG_INS = 64
"""Log-ins told of one session; a server hangs up after a handful."""

LINE_KEPT = 256
"""Characters kept of what is being typed, and of the line at which it is typed."""

IAC, SE, SB, WILL, DONT = 255, 240, 250, 251, 254
VERBS = {251: "WILL", 252: "WONT", 253: "DO", 254: "DONT"}
TERMINAL_SPEED, TERMINAL_TYPE, X_DISPLAY, OLD_ENVIRON, AUTHENTICATION, NEW_ENVIRON, START_TLS = (
    32,
    24,
    35,
    36,
    37,
    39,
    46,
)
IS, INFO, AUTH_NAME, TLS_FOLLOWS = 0, 2, 3, 1
OPTIONS = {
    **dict(enumerate(("BINARY", "ECHO", "RECONNECTION", "SUPPRESS-GO-AHEAD"))),
    **dict(enumerate(("STATUS", "TIMING-MARK"), 5)),
    **dict(enumerate(("EXTENDED-ASCII", "LOGOUT"), 17)),
    **dict(enumerate(("SEND-LOCATION", "TERMINAL-TYPE", "END-OF-RECORD"), 23)),
    **dict(enumerate(("NAWS", "TERMINAL-SPEED", "REMOTE-FLOW-CONTROL", "LINEMODE", "X-DISPLAY-LOCATION"), 31)),
    **dict(enumerate(("ENVIRON", "AUTHENTICATION", "ENCRYPT", "NEW-ENVIRON", "TN3270E"), 36)),
    **dict(
        enumerate(
            ("CHARSET", "REMOTE-SERIAL-PORT", "COM-PORT-CONTROL", "SUPPRESS-LOCAL-ECHO", "START-TLS", "KERMIT"), 42
        )
    ),
}
"""Names of the options seen in the wild (IANA, telnet-options)."""

HIGHEST_OPTION = 49

USER_PROMPT = re.compile(rb"(?:log ?in|login as|user ?name|user(?: ?id)?|account)[^\w\r\n]{0,4}$", re.IGNORECASE)
SECRET_PROMPT = re.compile(rb"pass(?:word|code|wd)?(?: for [^:]{1,64})?[^\w\r\n]{0,4}$", re.IGNORECASE)
SHELL_PROMPT = re.compile(rb"[$#%>][ \x1b\[m0-9;K]{0,12}$")
REFUSED = re.compile(rb"incorrect|fail|denied|invalid|wrong|bad (?:password|login)|try again", re.IGNORECASE)
ACCEPTED = re.compile(rb"last login|welcome|busybox v", re.IGNORECASE)
SUBNEGOTIATION = re.compile(rb"\xff\xfa((?:[^\xff]|\xff[^\xf0])*)\xff\xf0", re.DOTALL)
LINE_END = re.compile(rb"([\r\n])")
VARIABLE = re.compile(rb"[\x00\x03]([^\x00-\x03]*)(?:\x01((?:\x02.|[^\x00-\x03])*))?", re.DOTALL)

TABLE = Table(
    "telnet",
    "Telnet sessions: what both ends negotiated and who logged in; nothing of what was typed or shown.",
    (
        *STAMP,
        USER,
        Field("telnet_options", "texts", "Distinct option requests in order, each with the side that made it."),
        Field("terminal_type", "text", "Terminal that the user's end says it is."),
        Field("terminal_speed", "text", "Speed of the terminal, as sent."),
        Field("x_display", "text", "X display that the user's end offers.", personal="host"),
        Field("environment_names", "texts", "Environment variables that the user's end sets."),
        Field("n_typed_lines", "int32", "Lines that the user's end sent."),
    ),
)


class Telnet(Protocol):
    """Telnet: one row per session."""

    name = "telnet"
    title = "Telnet"
    spec = "RFC 854"
    carriers = (Carrier.TCP,)
    ports = (23, 2323)
    signatures = ("fffb", "fffc", "fffd", "fffe", "fffa")
    tables = (TABLE,)
    family = "remote"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Requests for options that exist, or on its own port the prompt of a log-in."""
        n_requests = 0
        for at in range(0, min(len(payload) - 2, 30), 3):
            if payload[at] != IAC or not WILL <= payload[at + 1] <= DONT or payload[at + 2] > HIGHEST_OPTION:
                break
            n_requests += 1
        if n_requests > 1 or (n_requests and len(payload) == 3):
            return Match.YES
        is_prompt = USER_PROMPT.search(payload[-64:]) or SECRET_PROMPT.search(payload[-64:])
        return Match.UNSURE if n_requests or is_prompt else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        ends = self.flow.five_tuple
        is_swapped = ends.orig_port in self.ports and ends.resp_port not in self.ports
        self._user_side = Side.RESPONDER if is_swapped else Side.ORIGINATOR
        self._user_addr = ends.resp_addr if is_swapped else ends.orig_addr
        self._options: dict[str, None] = {}
        self._facts: dict[str, Any] = {}
        self._user = ""
        self._typed = bytearray()
        self._is_line_start = True
        self._prompt: re.Pattern[bytes] | None = None
        self._shown = bytearray()
        self._claim: Claim | None = None
        self._n_log_ins = 0
        self._n_lines = 0
        self._tls: set[Side] = set()
        self._is_after_return = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read text up to a command, or one command."""
        payload = cursor.payload
        at = payload.find(IAC, cursor.at, cursor.stop)
        if at != cursor.at:
            text = payload[cursor.at : at if at > 0 else cursor.stop]
            cursor.at += len(text)
            yield from self._take_text(text, side)
            return
        cursor.need(2)
        code = payload[at + 1]
        if code == SB:
            self._subnegotiate(cursor, side)
        elif code in VERBS:
            cursor.need(3)
            self._note_option(side, code, payload[at + 2])
            cursor.at += 3
        else:
            # The rest are signals of two bytes; IAC IAC is a byte of text that no prompt has.
            cursor.at += 2

    def missed(self, side: Side, n_bytes: int) -> None:
        """What was being typed or shown is not known any more."""
        self._begin_line()
        self._claim = None

    def close(self) -> Iterator[Row]:
        """Yield the session."""
        if SHELL_PROMPT.search(self._shown):
            yield from self._decide(is_accepted=True)
        yield from self._decide(is_accepted=None)
        if self._options or self._n_log_ins:
            row = {"user": self._user or None, "telnet_options": list(self._options), "n_typed_lines": self._n_lines}
            yield TABLE, row | self._facts

    # Commands.

    def _note_option(self, side: Side, verb: int, option: int) -> None:
        if len(self._options) < OPTIONS_KEPT:
            end = "orig" if side is Side.ORIGINATOR else "resp"
            self._options[f"{end} {VERBS[verb]} {OPTIONS.get(option, option)}"] = None

    def _subnegotiate(self, cursor: Cursor, side: Side) -> None:
        """IAC SB option ... IAC SE (RFC 855); one without an end is stepped into as text."""
        found = SUBNEGOTIATION.match(cursor.payload, cursor.at, min(cursor.stop, cursor.at + SUBNEGOTIATION_BYTES))
        if found is None:
            if cursor.left < SUBNEGOTIATION_BYTES and not cursor.whole:
                raise NeedMoreData
            cursor.at += 2
            return
        message = found[1].replace(b"\xff\xff", b"\xff")
        cursor.at = found.end()
        if len(message) > 1:
            self._take_option(message[0], message[1], message[2:], side)
        if len(self._tls) == 2:
            cursor.hand_over("tls")

    def _take_option(self, option: int, kind: int, value: bytes, side: Side) -> None:
        if option == START_TLS and kind == TLS_FOLLOWS:
            self._tls.add(side)
        elif option == AUTHENTICATION and kind == AUTH_NAME:
            self._user = text_of(value)
        elif option in (OLD_ENVIRON, NEW_ENVIRON) and kind in (IS, INFO):
            self._take_variables(value)
        elif kind == IS and option in FACTS:
            self._facts.setdefault(FACTS[option], text_of(value))

    def _take_variables(self, value: bytes) -> None:
        names = self._facts.setdefault("environment_names", [])
        for found in VARIABLE.finditer(value):
            name, content = text_of(found[1]), re.sub(rb"\x02(.)", rb"\1", found[2] or b"")
            if name and name not in names:
                names.append(name)
            if name == "USER" and content:
                self._user = text_of(content)
            elif name == "DISPLAY" and content:
                self._facts.setdefault("x_display", text_of(content))

    # Text.

    def _take_text(self, text: bytes, side: Side) -> Iterator[Row]:
        if side is not self._user_side:
            *lines, rest = text.split(b"\n")
            for line in lines:
                yield from self._judge(bytes(self._shown + line)[-LINE_KEPT:])
                self._shown.clear()
            self._shown += rest[-LINE_KEPT:]
            del self._shown[:-LINE_KEPT]
            return
        for piece in LINE_END.split(text):
            if piece:
                yield from self._type(piece)

    def _judge(self, line: bytes) -> Iterator[Row]:
        """See whether a line shown after a secret tells what became of it."""
        if self._claim is None:
            return
        if REFUSED.search(line):
            yield from self._decide(is_accepted=False)
        elif ACCEPTED.search(line):
            yield from self._decide(is_accepted=True)

    def _type(self, piece: bytes) -> Iterator[Row]:
        """Take a line end or text before it; what the line before it asks for is looked at with its first byte."""
        if self._is_after_return:
            # A return is sent as CR LF or CR NUL (RFC 854).
            self._is_after_return = False
            piece = piece[1:] if piece[0] in b"\n\x00" else piece
        if piece and self._is_line_start:
            self._is_line_start = False
            yield from self._look_at_prompt()
        if piece in (b"\r", b"\n"):
            self._is_after_return = piece == b"\r"
            self._end_line()
        elif self._prompt:
            self._typed += piece[:LINE_KEPT]
            del self._typed[LINE_KEPT:]

    def _look_at_prompt(self) -> Iterator[Row]:
        shown = bytes(self._shown[-LINE_KEPT:])
        prompts = (SECRET_PROMPT, USER_PROMPT)
        self._prompt = next((prompt for prompt in prompts if prompt.search(shown)), None)
        if self._claim is not None and (self._prompt or SHELL_PROMPT.search(shown)):
            yield from self._decide(is_accepted=self._prompt is None)

    def _end_line(self) -> None:
        typed = _without_erased(bytes(self._typed))
        if self._prompt is USER_PROMPT and typed:
            self._user = text_of(typed)
        elif self._prompt is SECRET_PROMPT and self._n_log_ins < LOG_INS:
            self._n_log_ins += 1
            self._claim = Claim(self._user, "prompt", len(typed), "login prompt")
        self._n_lines += 1
        self._begin_line()

    def _begin_line(self) -> None:
        self._typed.clear()
        self._shown.clear()
        self._is_line_start, self._prompt = True, None

    def _decide(self, *, is_accepted: bool | None) -> Iterator[Row]:
        claim, self._claim = self._claim, None
        if claim:
            yield from login_rows(claim, self.name, is_accepted, self._user_addr)


FACTS = {TERMINAL_TYPE: "terminal_type", TERMINAL_SPEED: "terminal_speed", X_DISPLAY: "x_display"}
"""Options whose subnegotiation is one text."""


def _without_erased(typed: bytes) -> bytes:
    """Return a line as it stands after its corrections."""
    line = bytearray()
    for byte in typed:
        if byte in b"\b\x7f":
            del line[-1:]
        else:
            line.append(byte)
    return bytes(line)
