"""Secure Shell up to the change of keys (RFC 4253, 4419, 5656), with HASSH as its authors define it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5, sha256
from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.wire_text import plain
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

PACKET_BYTES = 262_144
"""Longest packet believed: what OpenSSH takes; RFC 4253, 6.1 asks for 35,000."""

BANNER_LINES = 1024
"""Lines a server may say before its version (RFC 4253, 4.2); OpenSSH gives up after so many."""

VERSION_BYTES = 8192
"""Longest such line; RFC 4253 allows 255 bytes, OpenSSH 8,192."""

PACKETS = 64
"""Packets read before the change of keys; a key exchange has about ten."""

KEXINIT, NEWKEYS = 20, 21
CLIENT_MESSAGES = (30, 32, 34)
SERVER_MESSAGES = (31, 33)
"""Messages 30 to 34 of every key exchange in use come from one side only (RFC 4253, 8; RFC 4419, 5)."""

KEY_PREFIXES = (b"ssh-", b"ecdsa-", b"sk-", b"rsa-", b"x509v3-", b"webauthn-")
"""How the names of host key algorithms begin; message 31 of a group exchange holds a number there instead."""

AEAD_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com")
"""Ciphers that authenticate too, so that no MAC is used (RFC 5647, 5.1; PROTOCOL.chacha20poly1305)."""

TABLE = Table(
    "ssh",
    "SSH connections: both ends' software and what they agreed on before their packets became unreadable.",
    (
        *STAMP,
        VERSION,
        Field("client_software", "text", "Software that the client says it is."),
        Field("server_software", "text", "Software that the server says it is."),
        Field("hassh", "text", "MD5 of the algorithms that the client offers (HASSH)."),
        Field("hassh_server", "text", "MD5 of the algorithms that the server offers (HASSH)."),
        Field("kex_alg", "text", "Key exchange method agreed on."),
        Field("host_key_alg", "text", "Host key algorithm agreed on."),
        Field("cipher_alg", "text", "Cipher agreed on; the server's after a slash where it differs."),
        Field("mac_alg", "text", "Message authentication agreed on; the server's after a slash where it differs."),
        Field("compression_alg", "text", "Compression agreed on; the server's after a slash where it differs."),
        Field("host_key_fingerprint", "text", "SHA-256 of the server's host key in base64, as OpenSSH shows it."),
        Field("is_reverse", "bool", "Whether the server's end opened the flow."),
        Field("is_encrypted", "bool", "Whether a side was seen to go over to encrypted packets."),
    ),
)


class Offer(NamedTuple):
    """The name-lists of a KEXINIT, in its order (RFC 4253, 7.1)."""

    kex: bytes
    host_key: bytes
    ciphers: tuple[bytes, bytes]
    macs: tuple[bytes, bytes]
    compressions: tuple[bytes, bytes]


class Ssh(Protocol):
    """SSH: one row per connection."""

    name = "ssh"
    title = "Secure Shell"
    spec = "RFC 4253"
    carriers = (Carrier.TCP,)
    ports = (22, 2222)
    signatures = (b"SSH-",)
    tables = (TABLE,)
    family = "remote"
    is_encrypted = True

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A version line opens either side."""
        return Match.YES if payload.startswith(b"SSH-") else Match.NO

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self._versions: dict[Side, tuple[str, str]] = {}
        self._offers: dict[Side, Offer] = {}
        self._n_read = [0, 0]
        self._server: Side | None = None
        self._host_key = b""
        self._has_new_keys = False
        self._done: set[Side] = set()
        self._has_row = False

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the version line, then packet by packet up to the change of keys."""
        if side not in self._versions:
            self._read_version(cursor, side)
        else:
            self._read_packet(cursor, side)
        if cursor.is_done:
            self._done.add(side)
            if len(self._done) == 2:
                yield from self.close()

    def missed(self, side: Side, n_bytes: int) -> None:
        """Where packets begin is unknown behind a gap: nothing more can be read of this side."""
        self._n_read[side] = PACKETS
        self._versions.setdefault(side, ("", ""))

    def close(self) -> Iterator[Row]:
        """Yield the connection as far as it was seen."""
        if not self._has_row and any(version for version, _ in self._versions.values()):
            self._has_row = True
            yield TABLE, self._row()

    def _read_version(self, cursor: Cursor, side: Side) -> None:
        """SSH-version-software [comments]; a server may say other lines first (RFC 4253, 4.2)."""
        line = cursor.line(VERSION_BYTES)
        if not line.startswith(b"SSH-"):
            if self._n_read[side] >= BANNER_LINES or b"\x00" in line:
                raise cursor.fail("no SSH version line")
            self._n_read[side] += 1
            return
        self._n_read[side] = 0
        version, _, software = line[4:].partition(b"-")
        self._versions[side] = (plain(version), plain(software.strip()))
        if version.startswith(b"1.") and version != b"1.99":
            cursor.done()

    def _read_packet(self, cursor: Cursor, side: Side) -> None:
        """Packet length, padding length, payload, padding (RFC 4253, 6); no MAC before the first change of keys."""
        if self._n_read[side] >= PACKETS:
            cursor.done()
            return
        size = int.from_bytes(cursor.peek(4).ljust(4, b"\x00"), "big")
        cursor.need(5)
        padding = cursor.payload[cursor.at + 4]
        if size > PACKET_BYTES or size < padding + 2:
            raise cursor.fail("packet length is impossible")
        cursor.need(4 + size)
        cursor.take(5)
        message = cursor.part(size - padding - 1)
        cursor.take(padding)
        self._n_read[side] += 1
        if self._take_message(message, side):
            cursor.done()

    def _take_message(self, message: Cursor, side: Side) -> bool:
        """Take what a message tells; returns whether it is the last one in clear."""
        kind = message.u8()
        if kind == KEXINIT and side not in self._offers:
            self._offers[side] = _read_offer(message)
        elif kind in CLIENT_MESSAGES:
            self._server = side.other
        elif kind in SERVER_MESSAGES:
            self._server = side
            self._host_key = _read_host_key(message) or self._host_key
        elif kind == NEWKEYS:
            self._has_new_keys = True
        return kind == NEWKEYS

    def _row(self) -> dict[str, Any]:
        server = self._server or self._guessed_server()
        client_version, client_software = self._versions.get(server.other, ("", ""))
        server_version, server_software = self._versions.get(server, ("", ""))
        row: dict[str, Any] = {
            "version": server_version or client_version,
            "client_software": client_software or None,
            "server_software": server_software or None,
            "is_reverse": server is Side.ORIGINATOR,
            "is_encrypted": self._has_new_keys,
        }
        client, served = self._offers.get(server.other), self._offers.get(server)
        if client:
            row["hassh"] = _hassh(client, 0)
        if served:
            row["hassh_server"] = _hassh(served, 1)
        if client and served:
            row |= _agreed(client, served)
        if self._host_key:
            row["host_key_fingerprint"] = b64encode(sha256(self._host_key).digest()).rstrip(b"=").decode()
        return row

    def _guessed_server(self) -> Side:
        """Clients alone name these in their key exchange methods (RFC 8308, 2.1; OpenSSH PROTOCOL, 1.10)."""
        for side, offer in self._offers.items():
            names = offer.kex.split(b",")
            if b"ext-info-c" in names or b"kex-strict-c-v00@openssh.com" in names:
                return side.other
            if b"ext-info-s" in names or b"kex-strict-s-v00@openssh.com" in names:
                return side
        return Side.RESPONDER


def _read_offer(message: Cursor) -> Offer:
    message.take(16)  # cookie
    kex, host_key, *pairs = [message.take(message.u32()) for _ in range(8)]
    return Offer(kex, host_key, (pairs[0], pairs[1]), (pairs[2], pairs[3]), (pairs[4], pairs[5]))


def _read_host_key(message: Cursor) -> bytes:
    """Return the host key that a reply of the key exchange begins with; a group exchange's group has none."""
    try:
        key = message.take(message.u32())
        blob = Cursor(key)
        name = blob.take(blob.u32())
    except Malformed:
        return b""
    return key if name.startswith(KEY_PREFIXES) else b""


def _hassh(offer: Offer, direction: int) -> str:
    """direction: 0 for what flows to the server, 1 for what flows from it."""
    lists = (offer.kex, offer.ciphers[direction], offer.macs[direction], offer.compressions[direction])
    return md5(b";".join(lists), usedforsecurity=False).hexdigest()


def _agreed(client: Offer, server: Offer) -> dict[str, str | None]:
    """The first of the client's names that the server has too (RFC 4253, 7.1)."""
    ciphers = [_first(ours, theirs) for ours, theirs in zip(client.ciphers, server.ciphers, strict=True)]
    macs = [_first(ours, theirs) for ours, theirs in zip(client.macs, server.macs, strict=True)]
    macs = ["implicit" if cipher in AEAD_CIPHERS else mac for cipher, mac in zip(ciphers, macs, strict=True)]
    compressions = [_first(ours, theirs) for ours, theirs in zip(client.compressions, server.compressions, strict=True)]
    return {
        "kex_alg": _first(client.kex, server.kex),
        "host_key_alg": _first(client.host_key, server.host_key),
        "cipher_alg": _both(ciphers),
        "mac_alg": _both(macs),
        "compression_alg": _both(compressions),
    }


def _first(client: bytes, server: bytes) -> str | None:
    known = set(server.split(b","))
    return next((plain(name) for name in client.split(b",") if name and name in known), None)


def _both(names: list[str | None]) -> str | None:
    to_server, from_server = names
    return to_server if to_server == from_server else f"{to_server or ''}/{from_server or ''}"
