"""Log-ins seen in clear: their two rows, and the exchanges of SASL (RFC 4422) as mail and chat protocols carry them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from quivive.kit.protocol import Row
from quivive.messages import ntlm
from quivive.messages.replies import text_of
from quivive.model.errors import Malformed
from quivive.model.tables import CREDENTIALS, IDENTITIES, secret_mask

MESSAGES = 16
"""Client messages believed in one exchange; the longest mechanism in use needs three."""

DIGEST_USER = re.compile(rb'username="((?:[^"\\]|\\.)*)"')
BEARER_USER = re.compile(rb"(?:^|[\x01,])(?:user|a)=([^\x01,]*)")
SCRAM_USER = re.compile(rb"(?:^|,)n=([^,]*)")


class Claim(NamedTuple):
    """Who wants in, and how.

    method:        how the secret is sent, as the protocol names it
    secret_bytes:  size of the secret; None where it is not seen in clear
    evidence:      the message that carried the name
    """

    user: str
    method: str
    secret_bytes: int | None
    evidence: str


def login_rows(claim: Claim, protocol: str, is_accepted: bool | None, addr: str) -> Iterator[Row]:
    """Yield the rows of a log-in; a name that the server refused is no identity.

    addr: where the client speaks from
    """
    if claim.secret_bytes is not None:
        yield (
            CREDENTIALS,
            {
                "protocol": protocol,
                "user": claim.user,
                "login_method": claim.method,
                "secret_mask": secret_mask(claim.secret_bytes),
                "is_accepted": is_accepted,
            },
        )
    if claim.user and is_accepted is not False and claim.method != "anonymous":
        yield (
            IDENTITIES,
            {
                "protocol": protocol,
                "user": claim.user,
                "identity_kind": "mailbox" if "@" in claim.user else "user",
                "identity_addr": addr or None,
                "identity_evidence": claim.evidence,
            },
        )


class Exchange:
    """One SASL exchange, its messages in base64 lines as SMTP, POP3, IMAP and IRC send them.

    awaits: whether the client's next line belongs to it
    """

    __slots__ = ("_messages", "_ntlm", "_user", "awaits", "mechanism", "secret_bytes")

    def __init__(self, mechanism: str, initial: bytes = b"") -> None:
        self.mechanism = mechanism.upper()
        self.secret_bytes: int | None = None
        self.awaits = True
        self._user = b""
        self._messages = 0
        self._ntlm: list[bytes] = []
        if initial:
            self.answer(initial)

    @property
    def user(self) -> str:
        """The name claimed, as far as it was seen."""
        return text_of(self._user)

    def challenge(self, line: bytes) -> None:
        """Take a line of the server that asks for more."""
        self.awaits = True
        if self.mechanism in ("NTLM", "GSS-SPNEGO"):
            self._hear_ntlm(line)

    def answer(self, line: bytes) -> None:
        """Take a line of the client; what is no base64 ends the exchange."""
        self._messages += 1
        self.awaits = False
        message = b"" if line == b"=" else from_base64(line)
        if message is None or self._messages > MESSAGES:
            return
        if self.mechanism in READERS:
            READERS[self.mechanism](self, message)
        elif self.mechanism.startswith("SCRAM-"):
            self._find(SCRAM_USER, message)
        elif self.mechanism in ("NTLM", "GSS-SPNEGO"):
            self._hear_ntlm(line)

    def rows(self, protocol: str, is_accepted: bool | None, addr: str) -> Iterator[Row]:
        """Yield what the exchange told, once the server has decided or will not any more."""
        method = self.mechanism
        claim = Claim(self.user, method, self.secret_bytes, f"AUTH {method}")
        yield from login_rows(claim, protocol, is_accepted, addr)
        for message in self._ntlm:
            try:
                yield from ntlm.rows(message, protocol, addr or None)
            except Malformed:
                break

    def _read_plain(self, message: bytes) -> None:
        """RFC 4616: authorisation identity, user and secret with NUL between them."""
        parts = message.split(b"\x00")
        if len(parts) >= 3:
            self._user, self.secret_bytes = parts[1], len(parts[2])

    def _read_login(self, message: bytes) -> None:
        """Two prompts (draft-murchison-sasl-login): the user, then the secret; the user may stand in the command."""
        if self._messages == 1:
            self._user, self.awaits = message, True
        elif self.secret_bytes is None:
            self.secret_bytes = len(message)

    def _read_bearer(self, message: bytes) -> None:
        """RFC 7628 and its forerunner XOAUTH2: keys and values with 0x01 between them; the token is the secret."""
        self._find(BEARER_USER, message)
        token = message.partition(b"Bearer ")[2].partition(b"\x01")[0]
        if token:
            self.secret_bytes = len(token)

    def _read_cram(self, message: bytes) -> None:
        """RFC 2195: the user, a blank and a digest."""
        self._user = message.rpartition(b" ")[0]

    def _read_digest(self, message: bytes) -> None:
        """RFC 2831: a list of directives."""
        self._find(DIGEST_USER, message)

    def _find(self, pattern: re.Pattern[bytes], message: bytes) -> None:
        found = pattern.search(message)
        if found and not self._user:
            self._user = found[1]

    def _hear_ntlm(self, line: bytes) -> None:
        message = from_base64(line)
        if message and message.startswith(ntlm.SIGNATURE) and len(self._ntlm) < MESSAGES:
            self._ntlm.append(message)


READERS = {
    "PLAIN": Exchange._read_plain,
    "LOGIN": Exchange._read_login,
    "XOAUTH2": Exchange._read_bearer,
    "OAUTHBEARER": Exchange._read_bearer,
    "CRAM-MD5": Exchange._read_cram,
    "DIGEST-MD5": Exchange._read_digest,
}


def from_base64(line: bytes) -> bytes | None:
    """Return what a base64 line holds, or None where it is none."""
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
