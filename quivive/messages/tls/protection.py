"""How TLS records are opened with their keys: stream and block ciphers with a MAC, and authenticated ones.

A record that does not authenticate is never shown: `open` returns None (RFC 5246, 6.2.3; RFC 8446, 5.2; RFC 7366).
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from typing import Any, NamedTuple
from typing import Protocol as Shape

from quivive.messages.tls.secrets import SSL3, TLS10, expand_label
from quivive.messages.tls.suites import CIPHERS
from quivive.model.later import Later

ciphers: Any = Later("cryptography.hazmat.primitives.ciphers")
aead: Any = Later("cryptography.hazmat.primitives.ciphers.aead")
decrepit: Any = Later("cryptography.hazmat.decrepit.ciphers.algorithms")
algorithms: Any = Later("cryptography.hazmat.primitives.ciphers.algorithms")
modes: Any = Later("cryptography.hazmat.primitives.ciphers.modes")
exceptions: Any = Later("cryptography.exceptions")

SEQUENCE, HEADER = struct.Struct(">QBHH"), struct.Struct(">BHH")
TLS13_VERSION = 0x0304
APPLICATION_DATA = 23
RECORD_BYTES = 1 << 14
"""Longest content of a record, whatever it is compressed to (RFC 5246, 6.2.1)."""

IV_BYTES, SALT_BYTES, EXPLICIT_BYTES, TAG_BYTES, SHORT_TAG_BYTES = 12, 4, 8, 16, 8

BULK = {
    "NULL": (0, 0),
    "RC4_128": (16, 0),
    "RC4_40": (5, 0),
    "RC2_CBC_40": (5, 8),
    "DES40_CBC": (5, 8),
    "DES_CBC": (8, 8),
    "3DES_EDE_CBC": (24, 8),
    "IDEA_CBC": (16, 8),
    "SEED_CBC": (16, 16),
    "CAMELLIA_128_CBC": (16, 16),
    "CAMELLIA_256_CBC": (32, 16),
    "AES_128_CBC": (16, 16),
    "AES_256_CBC": (32, 16),
}
"""Bytes of key and of block of the ciphers that need a MAC."""

EXPORTED_KEY_BYTES = {"RC4_40": 16, "RC2_CBC_40": 16, "DES40_CBC": 8}
"""Keys that are made of a shorter one (RFC 2246, 6.3.1)."""

HASHES = {"MD5": "md5", "SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384"}


class Suite(NamedTuple):
    """A cipher suite. mac: hash of its records, "" for an authenticated cipher; prf: hash that keys are made with."""

    cipher: str
    mac: str
    prf: str
    key_bytes: int
    block_bytes: int

    @property
    def is_aead(self) -> bool:
        """Whether the cipher itself authenticates."""
        return not self.mac


class Protection(Shape):
    """One side's keys from one change of keys to the next."""

    def open(self, kind: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """Return kind and content of the next record, None where it is not authentic. It then must not be used."""


def suite_of(code: int) -> Suite | None:
    """Return how a suite protects records, None for one that cannot be opened."""
    name = CIPHERS.get(code, "")
    spoken = name.partition("_WITH_")[2] or name.removeprefix("TLS_")
    cipher, _, hashed = spoken.rpartition("_")
    if hashed in ("CCM", "8"):
        cipher, hashed = spoken, "SHA256"
    if cipher in BULK and hashed in HASHES:
        prf = "sha384" if hashed == "SHA384" else "sha256"
        return Suite(cipher, HASHES[hashed], prf, *BULK[cipher])
    if hashed in ("SHA256", "SHA384"):
        if cipher in ("AES_128_GCM", "AES_256_GCM", "AES_128_CCM", "AES_256_CCM", "AES_128_CCM_8", "AES_256_CCM_8"):
            return Suite(cipher, "", HASHES[hashed], 32 if "_256_" in cipher else 16, 0)
        if cipher == "CHACHA20_POLY1305":
            return Suite(cipher, "", HASHES[hashed], 32, 0)
    return None


def authenticated_cipher(cipher: str, key: bytes) -> Any:
    """Return the cipher with its key."""
    if cipher == "CHACHA20_POLY1305":
        return aead.ChaCha20Poly1305(key)
    if "_CCM" in cipher:
        return aead.AESCCM(key, tag_length=SHORT_TAG_BYTES if cipher.endswith("_8") else TAG_BYTES)
    return aead.AESGCM(key)


def plain_cipher(cipher: str, key: bytes, iv: bytes) -> Any:
    """Return a decryptor that goes on from call to call, None for the cipher that does nothing."""
    if cipher == "NULL":
        return None
    if cipher.startswith("RC4"):
        return ciphers.Cipher(decrepit.ARC4(key), None).decryptor()
    kinds = {"AES": algorithms.AES, "CAM": decrepit.Camellia, "SEE": decrepit.SEED, "IDE": decrepit.IDEA}
    if cipher.startswith("RC2"):
        algorithm = decrepit.RC2(key)
    elif cipher[:3] in kinds:
        algorithm = kinds[cipher[:3]](key)
    else:  # single DES is triple DES with one key
        algorithm = decrepit.TripleDES(key if len(key) == BULK["3DES_EDE_CBC"][0] else key * 3)
    return ciphers.Cipher(algorithm, modes.CBC(iv)).decryptor()


class Authenticated:
    """An authenticated cipher: in TLS 1.3 with the kind inside; before it with eight bytes of nonce in front, or none.

    iv: 12 bytes, or 4 where the rest comes with each record
    """

    def __init__(self, cipher: str, key: bytes, iv: bytes, *, is_tls13: bool) -> None:
        self._cipher, self._iv = authenticated_cipher(cipher, key), iv
        self._overhead = SHORT_TAG_BYTES if cipher.endswith("_8") else TAG_BYTES
        self._is_tls13 = is_tls13
        self._n = 0

    def open(self, kind: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """See Protection."""
        n_explicit = EXPLICIT_BYTES if len(self._iv) == SALT_BYTES else 0
        size = len(body) - n_explicit - self._overhead
        if size < 0 or (self._is_tls13 and kind != APPLICATION_DATA):
            return None
        if self._is_tls13:
            header = HEADER.pack(kind, version, len(body))
        else:
            header = SEQUENCE.pack(self._n, kind, version, size)
        nonce = self._iv + body[:n_explicit] if n_explicit else self._counted_nonce()
        try:
            plain = self._cipher.decrypt(nonce, body[n_explicit:], header)
        except exceptions.InvalidTag:
            return None
        self._n += 1
        if not self._is_tls13:
            return kind, plain
        content = plain.rstrip(b"\0")
        return (content[-1], content[:-1]) if content else None

    def _counted_nonce(self) -> bytes:
        return (int.from_bytes(self._iv, "big") ^ self._n).to_bytes(len(self._iv), "big")


class Maced:
    """A stream or block cipher with a MAC: within the padding, or behind what is encrypted (RFC 7366)."""

    def __init__(self, suite: Suite, version: int, keys: tuple[bytes, bytes, bytes], *, mac_is_last: bool) -> None:
        """keys: of the MAC, of the cipher, and its IV."""
        mac_key, key, iv = keys
        self._suite, self._version, self._mac_key = suite, version, mac_key
        self._cipher = plain_cipher(suite.cipher, key, iv)
        self._mac_bytes = hashlib.new(suite.mac).digest_size
        self._mac_is_last = mac_is_last and suite.block_bytes > 0
        self._n = 0

    def open(self, kind: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """See Protection."""
        n_mac, block = self._mac_bytes, self._suite.block_bytes
        if self._mac_is_last:
            body, mac = body[: max(len(body) - n_mac, 0)], body[max(len(body) - n_mac, 0) :]
            if not hmac.compare_digest(self._mac(kind, version, body), mac):
                return None
        if block and len(body) % block:
            return None
        plain = self._cipher.update(body) if self._cipher else body
        if block:
            unpadded = self._unpadded(plain)
            if unpadded is None:
                return None
            plain = unpadded
        if not self._mac_is_last:
            at = len(plain) - n_mac
            if at < 0 or not hmac.compare_digest(self._mac(kind, version, plain[:at]), plain[at:]):
                return None
            plain = plain[:at]
        self._n += 1
        return kind, plain

    def _unpadded(self, plain: bytes) -> bytes | None:
        """Return a block cipher's output without its first block, from TLS 1.1 on the IV, and its padding."""
        begin = self._suite.block_bytes if self._version > TLS10 else 0
        size = plain[-1] + 1 if plain else 0
        if not size or begin + size > len(plain):
            return None
        if self._version != SSL3 and plain[-size:] != bytes([size - 1]) * size:
            return None
        return plain[begin : len(plain) - size]

    def _mac(self, kind: int, version: int, content: bytes) -> bytes:
        if self._version != SSL3:
            said = SEQUENCE.pack(self._n, kind, version, len(content)) + content
            return hmac.digest(self._mac_key, said, self._suite.mac)
        n_pad = 48 if self._suite.mac == "md5" else 40  # RFC 6101, 5.2.3.1
        said = self._n.to_bytes(8, "big") + bytes([kind]) + len(content).to_bytes(2, "big") + content
        inner = hashlib.new(self._suite.mac, self._mac_key + b"\x36" * n_pad + said).digest()
        return hashlib.new(self._suite.mac, self._mac_key + b"\x5c" * n_pad + inner).digest()


class Deflated:
    """Records that were compressed before they were encrypted (RFC 3749); a side's records are one stream."""

    def __init__(self, within: Protection) -> None:
        self._within = within
        self._stream = zlib.decompressobj()

    def open(self, kind: int, version: int, body: bytes) -> tuple[int, bytes] | None:
        """See Protection."""
        found = self._within.open(kind, version, body)
        if found is None:
            return None
        try:
            content = self._stream.decompress(found[1], RECORD_BYTES)
        except zlib.error:
            return None
        return None if self._stream.unconsumed_tail else (found[0], content)


def of_traffic_secret(suite: Suite, secret: bytes) -> Authenticated:
    """Return the protection that a traffic secret of TLS 1.3 gives (RFC 8446, 7.3)."""
    key = expand_label(suite.prf, secret, b"key", suite.key_bytes)
    iv = expand_label(suite.prf, secret, b"iv", IV_BYTES)
    return Authenticated(suite.cipher, key, iv, is_tls13=True)
