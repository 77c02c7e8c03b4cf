"""BSD remote login (RFC 1282), and the log-in at its password prompt where the server does not trust the client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.prompts import Prompts
from quivive.messages.replies import text_of
from quivive.model.fields import STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import IDENTITIES

NAME_BYTES = 256
"""Longest name or terminal; Unix user names have up to 32 bytes."""

OPENING = re.compile(rb"\x00([^\x00-\x1f]{0,64})\x00([^\x00-\x1f]{1,64})\x00([!-~]{1,64}/\d{1,7})\x00")

TABLE = Table(
    "rlogin",
    "Remote log-ins: who asked to be whom; nothing of what was typed or shown.",
    (
        *STAMP,
        USER,
        Field(
            "client_user", "text", "User name on the machine from which the log-in comes, as sent.", personal="person"
        ),
        Field("terminal_type", "text", "Terminal that the user's end says it is."),
        Field("terminal_speed", "text", "Speed of the terminal, as sent."),
        Field("n_typed_lines", "int32", "Lines that the user's end sent."),
    ),
)


class Rlogin(Protocol):
    """rlogin: one row per session."""

    name = "rlogin"
    title = "BSD remote login"
    spec = "RFC 1282"
    carriers = (Carrier.TCP,)
    ports = (513,)
    signatures = (Signature(b"\x00", Side.ORIGINATOR, minimum=8),)
    tables = (TABLE,)
    family = "remote"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Two names and a terminal with its speed, a NUL around each; some clients send the first NUL alone."""
        if OPENING.fullmatch(payload):
            return Match.YES
        return Match.UNSURE if payload == b"\x00" and side is Side.ORIGINATOR else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._row: dict[str, Any] = {}
        self._names: list[bytes] = []
        self._prompts = Prompts(self.name, self.flow.five_tuple.orig_addr)
        self._is_lost = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the opening, name by name, then what is typed and shown."""
        if self._is_lost:
            cursor.done()
        elif side is Side.RESPONDER:
            yield from self._prompts.show(cursor.rest())
        elif len(self._names) < 4:
            yield from self._read_name(cursor)
        else:
            yield from self._prompts.type(cursor.rest())

    def missed(self, side: Side, n_bytes: int) -> None:
        """What was being typed or shown is not known any more."""
        self._prompts.lose()
        self._is_lost = self._is_lost or len(self._names) < 4

    def close(self) -> Iterator[Row]:
        """Yield the session."""
        yield from self._prompts.end()
        if self._row:
            yield TABLE, self._row | {"n_typed_lines": self._prompts.n_lines}

    def _read_name(self, cursor: Cursor) -> Iterator[Row]:
        """A NUL, then client user, server user and terminal/speed, each ended by a NUL (RFC 1282)."""
        name = cursor.until(b"\x00", NAME_BYTES)
        if not self._names and name:
            raise cursor.fail("no NUL at the beginning")
        self._names.append(name)
        if len(self._names) < 4:
            return
        client_user, user = text_of(self._names[1]), text_of(self._names[2])
        terminal, _, speed = text_of(name).partition("/")
        self._row = {"user": user, "client_user": client_user, "terminal_type": terminal, "terminal_speed": speed}
        self._prompts.user = user
        if client_user:
            addr = self.flow.five_tuple.orig_addr or None
            identity = {"protocol": self.name, "user": client_user, "identity_kind": "user", "identity_addr": addr}
            yield IDENTITIES, identity | {"identity_evidence": "client user name"}
