"""Internet Relay Chat (RFC 1459, RFC 2812; IRCv3 tags, capabilities and SASL; CTCP and its DCC)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.logins import Claim, Exchange, login_rows
from quivive.messages.ntlm import NTLM
from quivive.messages.replies import goes_over_to_tls, text_of
from quivive.model.fields import ARGUMENT, COMMAND, FILE_NAME, IS_ORIG, STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table
from quivive.model.tables import secret_mask

PARAMETERS = 15
"""Parameters of a message (RFC 2812, 2.3)."""

LINE_BYTES = 16_384
"""Longest line: 8,191 bytes of tags (IRCv3) and 512 of message, doubled."""

MESSAGE = re.compile(rb"(?:@\S* +)?(?::(\S*) +)? *([A-Za-z]+|\d{3})(?: +(.*))?$", re.DOTALL)
REGISTRATION = re.compile(rb"(?:USER +\S+ +\S+ +\S+ +\S|PASS [^\r\n]*\r?\nNICK )", re.IGNORECASE)
SERVER_LINE = re.compile(
    rb":[\w.:-]+ +(?:NOTICE +(?:\*|AUTH) +:|001 +\S+ +:|CAP +\S+ +(?:LS|ACK|NAK) +:)", re.IGNORECASE
)
DCC = re.compile(r"\x01?DCC +(\w{1,16}) +(\"[^\"]*\"|\S+) +(\S+) +(\d{1,5})(?: +(\d{1,18}))?", re.IGNORECASE)
CTCP = re.compile(rb"\x01([A-Za-z]{1,32})")
IDENTIFY = re.compile(rb"(?:IDENTIFY|LOGIN|AUTH) +(.*)", re.IGNORECASE | re.DOTALL)

WHOLE = frozenset(
    b"PRIVMSG NOTICE JOIN PART NICK USER MODE TOPIC QUIT WHO WHOIS KICK INVITE PING PONG ERROR CAP".split()
)
"""Commands that are believed behind a gap."""

CHANNEL_MARKS = "#&+!"
SERVICES = ("nickserv", "ns", "authserv", "x@channels.undernet.org", "q@cserve.quakenet.org")
"""Who takes passwords in a message."""

UNTOLD = frozenset(("PING", "PONG"))
HAS_TEXT = frozenset(("PRIVMSG", "NOTICE", "TOPIC", "QUIT", "PART", "KICK", "AWAY", "SQUERY", "332"))
WELCOME, TOPIC_IS, OPERATOR, NICK_IN_USE, BAD_PASSWORD, BANNED, NO_OPERATOR, TLS_READY = (
    *("001", "332", "381", "433", "464", "465", "491", "670"),
)
SASL_DONE, SASL_FAILED = "903", ("902", "904", "905", "906")
SERVER_COMMANDS = frozenset(("PRIVMSG", "NOTICE", "INVITE", "TOPIC", "KICK", "KILL"))
SERVER_NUMERICS = frozenset((WELCOME, TOPIC_IS, OPERATOR, NICK_IN_USE, BAD_PASSWORD, BANNED, NO_OPERATOR, *SASL_FAILED))
"""What is told of a server's answers; what other users do in a channel is not."""

TABLE = Table(
    "irc",
    "IRC commands of the user and what is said to him; texts are counted, never kept.",
    (
        *STAMP,
        IS_ORIG,
        Field("nick", "text", "Nickname of who says it.", personal="person"),
        USER,
        Field("real_name", "text", "Name that the user gives beside the nickname.", personal="person"),
        Field("irc_server", "text", "Server that says it, by its own word."),
        COMMAND,
        ARGUMENT,
        Field("irc_channels", "texts", "Channels that it is about."),
        Field("irc_targets", "texts", "Nicknames that it is about.", personal="person"),
        Field("text_bytes", "int64", "Size of the text that is said.", "bytes"),
        Field("ctcp_command", "text", "Command to the other's client hidden in the text, such as VERSION or DCC."),
        FILE_NAME,
        Field("file_bytes", "int64", "Size of the file, as told before it flows.", "bytes"),
        Field("data_addr", "text", "Address that was announced for the data connection.", personal="host"),
        Field("data_port", "int32", "Port that was announced for the data connection."),
    ),
)


class Line(NamedTuple):
    """One message: prefix nick!user@host or a server, command, parameters; the last may hold blanks."""

    prefix: str
    command: str
    parameters: list[bytes]

    def text(self, at: int) -> str:
        """Return a parameter as text, empty where there is none."""
        return text_of(self.parameters[at]) if len(self.parameters) > at else ""


class Irc(Protocol):
    """IRC: a row per command of the user, and for what is said to him."""

    name = "irc"
    title = "Internet Relay Chat"
    spec = "RFC 2812"
    carriers = (Carrier.TCP,)
    ports = (6667, *range(6660, 6667), 6668, 6669, 7000)
    signatures = (
        *(b"NICK ", b"CAP LS", b"CAP REQ ", b"NOTICE AUTH :", b"PRIVMSG ", b"JOIN #"),
        *(Signature(weak) for weak in (b"PA", b"US", b":")),
    )
    tables = (TABLE, NTLM)
    family = "chat"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """PASS and USER are said in FTP and POP3 too; here four words follow USER, and NICK follows PASS."""
        if payload.startswith((b"NICK ", b"CAP LS", b"CAP REQ ", b"NOTICE AUTH :", b"PRIVMSG ", b"JOIN #")):
            return Match.YES
        if REGISTRATION.match(payload) or SERVER_LINE.match(payload):
            return Match.YES
        return Match.UNSURE if payload.startswith((b"PASS ", b"USER ", b"STARTTLS\r\n")) else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._client: Side | None = None
        self._nick = ""
        self._claim: Claim | None = None
        self._operator: Claim | None = None
        self._exchange: Exchange | None = None
        self._is_tls_agreed = False
        self._torn: set[Side] = set()

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a line."""
        if self._is_tls_agreed:
            self._is_tls_agreed = False
            if goes_over_to_tls(cursor):
                return
        line = cursor.line(LINE_BYTES).strip(b" \r")
        found = MESSAGE.match(line)
        if side in self._torn:
            # What stands first behind a gap may be half a line, a secret among it.
            self._torn.discard(side)
            found = found if found and (found[1] or found[2].upper() in WHOLE) else None
        if found is None:
            if line and self._client is None:
                raise cursor.fail("no IRC message")
            return
        message = Line(text_of(found[1] or b""), text_of(found[2]).upper(), _parameters(found[3] or b""))
        if self._client is None:
            is_server = found[1] or message.command in ("NOTICE", "PING", "ERROR")
            self._client = side.other if is_server else side
        if side is self._client:
            yield from self._ask(message, is_orig=side is Side.ORIGINATOR)
        else:
            yield from self._hear(message, is_orig=side is Side.ORIGINATOR)

    def missed(self, side: Side, n_bytes: int) -> None:
        """A line was torn."""
        self._torn.add(side)

    def close(self) -> Iterator[Row]:
        """Yield the log-ins that were never answered."""
        yield from self._decide(None)
        yield from self._end_exchange(None)
        yield from self._end_operator(None)

    # What the user says.

    def _ask(self, message: Line, *, is_orig: bool) -> Iterator[Row]:
        command = message.command
        if command == "AUTHENTICATE":
            self._authenticate(message)
            return
        if command in UNTOLD:
            return
        if command == "NICK":
            self._nick = message.text(0)
        row = {"is_orig": is_orig, "nick": self._nick or None, "command": command, **_facts(message)}
        if command == "USER":
            row |= {"user": message.text(0) or None, "real_name": message.text(3) or None}
        elif command == "PASS":
            self._claim = Claim("", "PASS", len(b" ".join(message.parameters)), "NICK")
            row["argument"] = secret_mask(self._claim.secret_bytes or 0)
        elif command == "OPER" and len(message.parameters) > 1:
            self._operator = Claim(message.text(0), "OPER", len(message.parameters[1]), "OPER")
        yield TABLE, row
        yield from self._identify(message)

    def _authenticate(self, message: Line) -> None:
        answer = message.parameters[0] if message.parameters else b""
        if self._exchange is None:
            self._exchange = Exchange(text_of(answer))
        else:
            self._exchange.answer(b"=" if answer == b"+" else answer)

    def _identify(self, message: Line) -> Iterator[Row]:
        """A password may be told to a service in a message, or by a command that stands for one."""
        command, parameters = message.command, message.parameters
        if command in ("NICKSERV", "NS"):
            said = b" ".join(parameters)
        elif command == "PRIVMSG" and len(parameters) > 1 and _is_service(message.text(0).lower()):
            said = parameters[1]
        else:
            return
        found = IDENTIFY.match(said)
        if found:
            *names, secret = found[1].split(b" ")
            user = text_of(names[0]) if names else self._nick
            claim = Claim(user, "NickServ IDENTIFY", len(secret), "IDENTIFY")
            yield from login_rows(claim, self.name, None, self._addr())

    # What is said to him.

    def _hear(self, message: Line, *, is_orig: bool) -> Iterator[Row]:
        command = message.command
        if command == WELCOME:
            self._nick = message.text(0)
            yield from self._decide(True)
        elif command in (BAD_PASSWORD, OPERATOR, NO_OPERATOR) and self._operator:
            yield from self._end_operator(command == OPERATOR)
        elif command == BAD_PASSWORD:
            yield from self._decide(False)
        elif command == SASL_DONE or command in SASL_FAILED:
            yield from self._end_exchange(command == SASL_DONE)
        elif command == "AUTHENTICATE" and self._exchange:
            self._exchange.challenge(b"".join(message.parameters))
        elif command == TLS_READY:
            self._is_tls_agreed = True
        if command in SERVER_NUMERICS or (command in SERVER_COMMANDS and "!" in message.prefix):
            nick, mark, _ = message.prefix.partition("!")
            who = {"nick": nick} if mark else {"irc_server": nick or None}
            yield TABLE, {"is_orig": is_orig, **who, "command": command, **_facts(message)}

    def _decide(self, is_accepted: bool | None) -> Iterator[Row]:
        """The server welcomes the user, under a nickname, or refuses his password."""
        claim, self._claim = self._claim or Claim("", "NICK", None, "NICK"), None
        if claim.secret_bytes is not None or is_accepted:
            yield from login_rows(claim._replace(user=self._nick), self.name, is_accepted, self._addr())

    def _end_exchange(self, is_accepted: bool | None) -> Iterator[Row]:
        exchange, self._exchange = self._exchange, None
        if exchange:
            yield from exchange.rows(self.name, is_accepted, self._addr())

    def _end_operator(self, is_accepted: bool | None) -> Iterator[Row]:
        claim, self._operator = self._operator, None
        if claim:
            yield from login_rows(claim, self.name, is_accepted, self._addr())

    def _addr(self) -> str:
        ends = self.flow.five_tuple
        return ends.resp_addr if self._client is Side.RESPONDER else ends.orig_addr


def _is_service(target: str) -> bool:
    return target in SERVICES or target.partition("@")[0] in SERVICES


def _parameters(rest: bytes) -> list[bytes]:
    """Split parameters at blanks; one that begins with a colon is the last and may hold blanks."""
    head, colon, last = rest.partition(b" :") if not rest.startswith(b":") else (b"", b":", rest[1:])
    parameters = head.split(None, PARAMETERS - 1)[: PARAMETERS - 1]
    return [*parameters, last] if colon else parameters


def _facts(message: Line) -> dict[str, Any]:
    """Return whom a message is about and how long its text is; keys of channels and passwords stay out."""
    command, parameters = message.command, message.parameters
    row: dict[str, Any] = {}
    if command == "CAP":
        row["argument"] = text_of(b" ".join(parameters))
    elif command == "MODE" and len(parameters) > 1:
        row["argument"] = message.text(1)
    if command not in ("CAP", "USER", "PASS", "OPER", "NICKSERV", "NS"):
        targets = _targets(message)
        row["irc_channels"] = [target for target in targets if target[0] in CHANNEL_MARKS] or None
        row["irc_targets"] = [target for target in targets if target[0] not in CHANNEL_MARKS] or None
    if command in HAS_TEXT and parameters:
        text = parameters[-1]
        row["text_bytes"] = len(text)
        ctcp = CTCP.match(text)
        if ctcp:
            row["ctcp_command"] = text_of(ctcp[1]).upper()
        row |= _dcc(text_of(text))
    return row


def _targets(message: Line) -> list[str]:
    """Return channels and nicknames: the first parameter is a list of them; what a numeric is about stands second."""
    is_numeric = message.command.isdigit()
    is_bare = is_numeric or message.command in ("NICK", "QUIT", "AWAY", "CONNECT", "SQUIT")
    first = [] if is_bare else message.text(0).split(",")[:LIST_ITEMS]
    second = [message.text(1)] if message.command in ("INVITE", "KICK", TOPIC_IS, NICK_IN_USE) else []
    return [target for target in (*first, *second) if target and " " not in target]


def _dcc(text: str) -> dict[str, Any]:
    """DCC SEND name address port size: an offer to connect past the server."""
    found = DCC.match(text)
    if found is None:
        return {}
    kind, name, addr, port, size = found.groups()
    row: dict[str, Any] = {"ctcp_command": f"DCC {kind.upper()}", "data_port": int(port) if int(port) < 65536 else None}
    try:
        row["data_addr"] = str(ip_address(int(addr) if addr.isdecimal() else addr))
    except ValueError:
        row["data_addr"] = None
    if kind.upper() in ("SEND", "RESUME", "ACCEPT"):
        row |= {"file_name": name.strip('"'), "file_bytes": int(size) if size else None}
    return row
