"""Telnet (RFC 854): options (RFC 855), terminal type (RFC 1091), environment (RFC 1572), and log-ins at a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.prompts import Prompts, is_log_in_prompt
from quivive.messages.replies import text_of
from quivive.model.errors import NeedMoreData
from quivive.model.fields import STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

SUBNEGOTIATION_BYTES = 1024
"""Longest subnegotiation waited for: a terminal name, or a few variables."""

OPTIONS_KEPT = 128
"""Distinct requests kept of one session; all options of both sides make fewer."""

NAMES_KEPT = 64
"""Environment variables kept of one session; clients send two or three."""

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

SUBNEGOTIATION = re.compile(rb"\xff\xfa((?:[^\xff]|\xff[^\xf0])*)\xff\xf0", re.DOTALL)
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
        return Match.UNSURE if n_requests or is_log_in_prompt(payload) else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        ends = self.flow.five_tuple
        is_swapped = ends.orig_port in self.ports and ends.resp_port not in self.ports
        self._user_side = Side.RESPONDER if is_swapped else Side.ORIGINATOR
        self._prompts = Prompts(self.name, ends.resp_addr if is_swapped else ends.orig_addr)
        self._options: dict[str, None] = {}
        self._facts: dict[str, Any] = {}
        self._tls: set[Side] = set()

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read text up to a command, or one command."""
        payload = cursor.payload
        at = payload.find(IAC, cursor.at, cursor.stop)
        if at != cursor.at:
            text = payload[cursor.at : at if at > 0 else cursor.stop]
            cursor.at += len(text)
            yield from self._prompts.type(text) if side is self._user_side else self._prompts.show(text)
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
        self._prompts.lose()

    def close(self) -> Iterator[Row]:
        """Yield the session."""
        prompts = self._prompts
        yield from prompts.end()
        if self._options or prompts.n_log_ins:
            row = {
                "user": prompts.user or None,
                "telnet_options": list(self._options),
                "n_typed_lines": prompts.n_lines,
            }
            yield TABLE, row | self._facts

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
            self._prompts.user = text_of(value)
        elif option in (OLD_ENVIRON, NEW_ENVIRON) and kind in (IS, INFO):
            self._take_variables(value)
        elif kind == IS and option in FACTS:
            self._facts.setdefault(FACTS[option], text_of(value))

    def _take_variables(self, value: bytes) -> None:
        names = self._facts.setdefault("environment_names", [])
        for found in VARIABLE.finditer(value):
            name, content = text_of(found[1]), re.sub(rb"\x02(.)", rb"\1", found[2] or b"")
            if name and name not in names and len(names) < NAMES_KEPT:
                names.append(name)
            if name == "USER" and content:
                self._prompts.user = text_of(content)
            elif name == "DISPLAY" and content:
                self._facts.setdefault("x_display", text_of(content))


FACTS = {TERMINAL_TYPE: "terminal_type", TERMINAL_SPEED: "terminal_speed", X_DISPLAY: "x_display"}
"""Options whose subnegotiation is one text."""
