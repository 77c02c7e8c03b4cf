"""From secrets to keys: what TLS makes of a master or traffic secret (RFC 5246, 5; RFC 2246, 5; RFC 8446, 7)."""

from __future__ import annotations

import hashlib
import hmac

SSL3, TLS10, TLS12 = 0x0300, 0x0301, 0x0303
MASTER_BYTES = 48


def spread(name: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """Return `size` bytes that a hash makes of secret and seed: P_hash (RFC 5246, 5)."""
    made, link = b"", seed
    while len(made) < size:
        link = hmac.digest(secret, link, name)
        made += hmac.digest(secret, link + seed, name)
    return made[:size]


def pseudo_random(version: int, name: str, secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """Return the output of the version's pseudo-random function; name: the suite's hash, for TLS 1.2."""
    if version >= TLS12:
        return spread(name, secret, label + seed, size)
    if version == SSL3:
        return _of_ssl3(secret, seed, size)
    half = (len(secret) + 1) // 2
    first = spread("md5", secret[:half], label + seed, size)
    second = spread("sha1", secret[len(secret) - half :], label + seed, size)
    return bytes(a ^ b for a, b in zip(first, second, strict=True))


def _of_ssl3(secret: bytes, seed: bytes, size: int) -> bytes:
    """Return what SSL 3.0 makes of a secret (RFC 6101, 6.1): it knows no labels."""
    made, n = b"", 0
    while len(made) < size:
        salt = bytes([ord("A") + n]) * (n + 1)
        made += hashlib.md5(secret + hashlib.sha1(salt + secret + seed).digest()).digest()
        n += 1
    return made[:size]


def master_secret(version: int, name: str, premaster: bytes, randoms: bytes) -> bytes:
    """Return the master secret; randoms: the client's, then the server's."""
    return pseudo_random(version, name, premaster, b"master secret", randoms, MASTER_BYTES)


def extended_master_secret(version: int, name: str, premaster: bytes, said: bytes) -> bytes:
    """Return the master secret that is bound to the handshake so far (RFC 7627, 4)."""
    if version >= TLS12:
        digest = hashlib.new(name, said).digest()
    else:
        digest = hashlib.md5(said).digest() + hashlib.sha1(said).digest()
    return pseudo_random(version, name, premaster, b"extended master secret", digest, MASTER_BYTES)


def expand_label(name: str, secret: bytes, label: bytes, size: int) -> bytes:
    """Return HKDF-Expand-Label without context (RFC 8446, 7.1)."""
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    made, block, n = b"", b"", 1
    while len(made) < size:
        block = hmac.digest(secret, block + info + bytes([n]), name)
        made += block
        n += 1
    return made[:size]
