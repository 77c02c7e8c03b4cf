"""Log-ins that a user types at prompts, as Telnet and rlogin show them: what was asked, typed and answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from quivive.kit.protocol import Row
from quivive.messages.logins import Claim, login_rows
from quivive.messages.replies import text_of

LOG_INS = 64
"""Log-ins told of one session; a server hangs up after a handful."""

LINE_KEPT = 256
"""Characters kept of what is being typed, and of the line at which it is typed."""

USER_PROMPT = re.compile(rb"(?:log ?in|login as|user ?name|user(?: ?id)?|account)[^\w\r\n]{0,4}$", re.IGNORECASE)
SECRET_PROMPT = re.compile(rb"pass(?:word|code|wd)?(?: for [^:]{1,64})?[^\w\r\n]{0,4}$", re.IGNORECASE)
SHELL_PROMPT = re.compile(rb"[$#%>][ \x1b\[m0-9;K]{0,12}$")
REFUSED = re.compile(rb"incorrect|fail|denied|invalid|wrong|bad (?:password|login)|try again", re.IGNORECASE)
ACCEPTED = re.compile(rb"last login|welcome|busybox v", re.IGNORECASE)
LINE_END = re.compile(rb"([\r\n])")


def is_log_in_prompt(shown: bytes) -> bool:
    """Return whether text ends by asking for a user or a secret."""
    return bool(USER_PROMPT.search(shown[-LINE_KEPT:]) or SECRET_PROMPT.search(shown[-LINE_KEPT:]))


class Prompts:
    """Both halves of a terminal session; of what is typed at a secret's prompt only the size is used.

    user: the name known last   n_lines: lines typed   n_log_ins: secrets typed at a prompt
    """

    __slots__ = (
        "_addr",
        "_claim",
        "_is_after_return",
        "_is_line_start",
        "_prompt",
        "_protocol",
        "_shown",
        "_typed",
        "n_lines",
        "n_log_ins",
        "user",
    )

    def __init__(self, protocol: str, addr: str) -> None:
        self._protocol = protocol
        self._addr = addr
        self.user = ""
        self.n_lines = 0
        self.n_log_ins = 0
        self._typed = bytearray()
        self._shown = bytearray()
        self._is_line_start = True
        self._is_after_return = False
        self._prompt: re.Pattern[bytes] | None = None
        self._claim: Claim | None = None

    def show(self, text: bytes) -> Iterator[Row]:
        """Take text that the server shows; a line of it may tell what became of a log-in."""
        *lines, rest = text.split(b"\n")
        for line in lines:
            if self._claim:
                yield from self._judge(bytes(self._shown + line)[-LINE_KEPT:])
            self._shown.clear()
        self._shown += rest[-LINE_KEPT:]
        del self._shown[:-LINE_KEPT]

    def type(self, text: bytes) -> Iterator[Row]:
        """Take text that the user types, in any pieces."""
        for piece in LINE_END.split(text):
            if piece:
                yield from self._type(piece)

    def lose(self) -> None:
        """Forget what was being typed or shown: bytes are missing."""
        self._begin_line()
        self._claim = None

    def end(self) -> Iterator[Row]:
        """Yield the log-in that was not decided on yet."""
        is_in = SHELL_PROMPT.search(self._shown) is not None
        yield from self._decide(True if is_in else None)

    def _judge(self, line: bytes) -> Iterator[Row]:
        if REFUSED.search(line):
            yield from self._decide(False)
        elif ACCEPTED.search(line):
            yield from self._decide(True)

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
        shown = bytes(self._shown)
        self._prompt = next((prompt for prompt in (SECRET_PROMPT, USER_PROMPT) if prompt.search(shown)), None)
        if self._claim and (self._prompt or SHELL_PROMPT.search(shown)):
            yield from self._decide(self._prompt is None)

    def _end_line(self) -> None:
        typed = _without_erased(self._typed)
        if self._prompt is USER_PROMPT and typed:
            self.user = text_of(typed)
        elif self._prompt is SECRET_PROMPT and self.n_log_ins < LOG_INS:
            self.n_log_ins += 1
            self._claim = Claim(self.user, "prompt", len(typed), "login prompt")
        self.n_lines += 1
        self._begin_line()

    def _begin_line(self) -> None:
        self._typed.clear()
        self._shown.clear()
        self._is_line_start, self._prompt = True, None

    def _decide(self, is_accepted: bool | None) -> Iterator[Row]:
        claim, self._claim = self._claim, None
        if claim:
            yield from login_rows(claim, self._protocol, is_accepted, self._addr)


def _without_erased(typed: bytearray) -> bytes:
    """Return a line as it stands after its corrections."""
    line = bytearray()
    for byte in typed:
        if byte in b"\b\x7f":
            del line[-1:]
        else:
            line.append(byte)
    return bytes(line)
