"""Keys of TLS sessions that their owner hands over: NSS key logs (RFC 9850) and RSA private keys in PEM.

Keys are secrets: they are held while captures are read, and never put into a case, a log or the text of an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive.model.errors import UsageError
from quivive.model.later import Later

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

serialization: Any = Later("cryptography.hazmat.primitives.serialization")
rsa: Any = Later("cryptography.hazmat.primitives.asymmetric.rsa")
exceptions: Any = Later("cryptography.exceptions")
padding: Any = Later("cryptography.hazmat.primitives.asymmetric.padding")

MAX_FILE_BYTES = 1 << 26
"""Longest key file read: a proxy's day of a hundred thousand sessions takes some 60 MB."""

MAX_SECRETS = 1 << 20
"""Secrets kept, of all key logs together: some 300 MB at worst."""

MAX_PRIVATE_KEYS = 64
"""Private keys kept: each is tried on every session that is new to it."""

LINE = re.compile(
    rb"^[ \t]*(CLIENT_RANDOM|(?:CLIENT|SERVER)_(?:HANDSHAKE_TRAFFIC_SECRET|TRAFFIC_SECRET_0)|RSA)"
    rb"[ \t]+([0-9a-fA-F]{64}|[0-9a-fA-F]{16})[ \t]+([0-9a-fA-F]{64,128})[ \t]*\r?$",
    re.MULTILINE,
)
PRIVATE_KEY = re.compile(rb"-----BEGIN ((?:RSA )?PRIVATE KEY)-----[\s\S]{1,65536}?-----END \1-----")
RANDOM_BYTES, MASTER_BYTES, SHOWN_BYTES = 32, 48, 8

RANDOM_AT = 11
"""Where a client's first record has its random: behind the headers of record and message, and the version."""

SSL2_HEAD = 11
"""Bytes of an SSL 2.0 hello before its lists: header, type, version and three lengths (RFC 5246, E.2)."""


def client_random(payload: bytes) -> bytes:
    """Return the random of the hello that a client's first bytes are, empty where they are none.

    In a hello of SSL 2.0 it is the challenge, with zeros in front.
    """
    if payload[:1] == b"\x16":
        return payload[RANDOM_AT : RANDOM_AT + RANDOM_BYTES]
    if len(payload) < SSL2_HEAD or payload[0] < 0x80 or payload[2] != 1:
        return b""
    sizes = [int.from_bytes(payload[at : at + 2], "big") for at in (5, 7, 9)]
    begin = SSL2_HEAD + sizes[0] + sizes[1]
    return payload[begin : begin + min(sizes[2], RANDOM_BYTES)].rjust(RANDOM_BYTES, b"\0")


class Keys:
    """The keys that were handed over, by what the sessions show of themselves in clear."""

    def __init__(self) -> None:
        self._logged: dict[bytes, dict[str, bytes]] = {}
        self._premasters: dict[bytes, bytes] = {}
        self._private: list[RSAPrivateKey] = []
        self._n_secrets = 0

    def __repr__(self) -> str:
        return f"Keys({self._n_secrets} secrets, {len(self._private)} private keys)"

    def __bool__(self) -> bool:
        return bool(self._n_secrets or self._private)

    @property
    def reads_all(self) -> bool:
        """Whether a session may be read whose client random is not in a key log."""
        return bool(self._private or self._premasters)

    def knows(self, client_random: bytes) -> bool:
        """Return whether a session with this client random may be read."""
        return client_random in self._logged or self.reads_all

    def secrets(self, client_random: bytes) -> dict[str, bytes]:
        """Return what key logs hold of a session, by label."""
        return self._logged.get(client_random, {})

    def premaster(self, sealed: bytes, version: int) -> bytes | None:
        """Return the premaster secret that a client sent sealed with the server's RSA key, None where it stays so."""
        if known := self._premasters.get(sealed[:SHOWN_BYTES]):
            return known
        for private in self._private:
            try:
                opened = private.decrypt(sealed, padding.PKCS1v15())
            except ValueError:
                continue
            if len(opened) == MASTER_BYTES and int.from_bytes(opened[:2], "big") == version:
                return opened
        return None

    def add_log(self, text: bytes) -> int:
        """Take the lines of a key log that are understood; of two for one session the first counts. Returns how many.

        Other lines are passed over, as the format wants it.
        """
        n_found = 0
        for match in LINE.finditer(text):
            n_found += 1
            if self._n_secrets == MAX_SECRETS:
                break
            label, shown, secret = match[1].decode(), bytes.fromhex(match[2].decode()), match[3]
            if len(secret) & 1 or (len(shown) == RANDOM_BYTES) == (label == "RSA"):
                continue
            self._add(label, shown, bytes.fromhex(secret.decode()))
        return n_found

    def _add(self, label: str, shown: bytes, secret: bytes) -> None:
        if label in ("RSA", "CLIENT_RANDOM") and len(secret) != MASTER_BYTES:
            return
        kept = self._premasters if label == "RSA" else self._logged.setdefault(shown, {})
        key: Any = shown if label == "RSA" else label
        self._n_secrets += key not in kept
        kept.setdefault(key, secret)

    def add_private(self, pem: bytes) -> bool:
        """Take an RSA private key in PEM that no passphrase protects; returns whether it is one."""
        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
            return False
        if not isinstance(private, rsa.RSAPrivateKey) or len(self._private) == MAX_PRIVATE_KEYS:
            return False
        self._private.append(private)
        return True

    def add_file(self, path: Path) -> None:
        """Take a file. Raises UsageError, which says nothing of what is in it, where it holds no key."""
        try:
            with path.open("rb") as file:
                text = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or 'cannot be read'}; give a file with keys") from None
        if len(text) > MAX_FILE_BYTES:
            raise UsageError(f"{path} is longer than {MAX_FILE_BYTES >> 20} MB; leave out the keys of other sessions")
        n_private = [self.add_private(found[0]) for found in PRIVATE_KEY.finditer(text)].count(True)
        if not n_private and not self.add_log(text):
            raise UsageError(
                f"{path} holds no key that can be used; give an SSLKEYLOGFILE, or an RSA private key in PEM "
                "without a passphrase"
            )


def read_keys(paths: Iterable[Path]) -> Keys:
    """Return the keys of some files. Raises UsageError for one that holds none."""
    keys = Keys()
    for path in paths:
        keys.add_file(path)
    return keys
