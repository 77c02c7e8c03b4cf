"""TLS connections read with their owner's keys: records in, carried bytes and one row per connection out."""

from __future__ import annotations

from typing import Any

from quivive.kit.protocol import Flow, Row
from quivive.kit.tls_keys import Keys, client_random
from quivive.messages.tls.opener import Opener
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Side
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES

ENCRYPTED_EXTENSIONS, CERTIFICATE = 8, 11
ALPN = 16

SERVICES = {
    "http/1.0": "http1",
    "http/1.1": "http1",
    "h2": "http2",
    "imap": "imap",
    "pop3": "pop3",
    "ftp": "ftp",
    "smtp": "smtp",
    "mqtt": "mqtt",
    "postgresql": "postgresql",
    "dot": "dns",
    "xmpp-client": "xmpp",
    "xmpp-server": "xmpp",
    "irc": "irc",
}
"""Protocols by their ALPN names (IANA TLS ALPN protocol IDs)."""

DECRYPTED = Table(
    "decrypted",
    "Encrypted connections that were read with keys which their owner handed over.",
    (
        *STAMP,
        Field("orig_plain_bytes", "int64", "Bytes the originator said under encryption, as far as read.", "bytes"),
        Field("resp_plain_bytes", "int64", "Bytes the responder said under encryption, as far as read.", "bytes"),
        Field("n_false_records", "int64", "Records that did not authenticate; nothing of them or behind them is used."),
        Field("n_unread_records", "int64", "Records for which no key was there."),
    ),
)


class Decrypted:
    """What one connection says under encryption."""

    def __init__(self, flow: Flow, keys: Keys) -> None:
        self._flow = flow
        self._opener = Opener(keys)
        self._began_ns = 0
        self.alpn = ""

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing more of it will be read."""
        return self._opener.is_hopeless

    def lost(self, side: Side) -> None:
        """Hear that bytes of a side are missing."""
        self._opener.lost(side)

    def hear_ssl2(self, message: bytes, side: Side) -> None:
        """Take a hello in the form of SSL 2.0."""
        if random := client_random(message):
            self._opener.hear_ssl2(random, side)

    def read(self, record: tuple[int, int, bytes], side: Side, ts_ns: int, alpn: str) -> tuple[tuple[int, bytes], ...]:
        """Take a record (kind, version, body); returns handshake messages that were encrypted."""
        opened = self._opener.read(*record, side)
        self._began_ns = self._began_ns or ts_ns
        if opened.data:
            self._flow.carry(side, opened.data, ts_ns, SERVICES.get(alpn or self.alpn, ""))
        for kind, body in opened.said:
            if kind == ENCRYPTED_EXTENSIONS and not self.alpn:
                self.alpn = _alpn(body)
        return opened.said

    def rows(self) -> list[Row]:
        """Return the row of the connection, or why there is none; nothing where its keys are not known."""
        opener = self._opener
        if opener.fault:
            return [(ANOMALIES, {"ts_ns": self._began_ns, "place": "tls", "anomaly": opener.fault})]
        if not opener.is_open:
            return []
        row: dict[str, Any] = {
            "ts_ns": self._began_ns,
            "orig_plain_bytes": opener.plain_bytes[0],
            "resp_plain_bytes": opener.plain_bytes[1],
            "n_false_records": opener.n_false,
            "n_unread_records": opener.n_unread,
        }
        return [(DECRYPTED, row)]


def _alpn(body: bytes) -> str:
    """Return the protocol that EncryptedExtensions names (RFC 8446, 4.3.1; RFC 7301, 3.1), empty for none."""
    at, stop = 2, len(body)
    while at + 4 <= stop:
        kind, size = int.from_bytes(body[at : at + 2], "big"), int.from_bytes(body[at + 2 : at + 4], "big")
        if kind == ALPN:
            name = body[at + 6 : at + 4 + size]
            return name[1 : 1 + name[0]].decode("utf-8", "backslashreplace") if name else ""
        at += 4 + size
    return ""


def older_certificates(body: bytes) -> bytes:
    """Return a Certificate message of TLS 1.3 (RFC 8446, 4.4.2) in the form that it had before. Raises Malformed."""
    at, chain = 1 + (body[0] if body else 0) + 3, b""
    while at + 3 <= len(body):
        end = at + 3 + int.from_bytes(body[at : at + 3], "big")
        if end + 2 > len(body):
            raise Malformed("certificate goes beyond its message", at)
        chain += body[at:end]
        at = end + 2 + int.from_bytes(body[end : end + 2], "big")
    return len(chain).to_bytes(3, "big") + chain
