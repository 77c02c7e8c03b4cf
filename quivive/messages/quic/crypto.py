"""The protection of QUIC's Initial packets, whose keys come from what is sent in clear (RFC 9001, 5; RFC 9369, 3.3)."""

from __future__ import annotations

import functools
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from quivive.model.later import Later

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ciphers: Any = Later("cryptography.hazmat.primitives.ciphers")
aead: Any = Later("cryptography.hazmat.primitives.ciphers.aead")
exceptions: Any = Later("cryptography.exceptions")

V1, V2, EARLY_V2 = 0x00000001, 0x6B3343CF, 0x709A50C4
Q050, T050, T051 = 0x51303530, 0x54303530, 0x54303531
MVFST = {0xFACEB001: 22, 0xFACEB002: 27, 0xFACEB00E: 27}
"""Facebook's own numbers for drafts."""

LAST_DRAFT_OF_SALT = {
    22: bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a"),
    28: bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502"),
    32: bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"),
    34: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
}
"""Salts of the drafts of RFC 9001, section 5.2, by the last draft that had them; the last one is version 1's too."""

SALTS = {
    V1: LAST_DRAFT_OF_SALT[34],
    V2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
    EARLY_V2: bytes.fromhex("a707c203a59b47184a1d62ca570406ea7ae3e5d3"),
    Q050: bytes.fromhex("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45"),
    T050: bytes.fromhex("7ff579e5acd072915580304c43a2367c60488310"),
    T051: bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d"),
}

FIRST_DRAFT = 22
"""Older drafts have other headers."""

REMEMBERED = 2048
"""Keys kept: a connection's Initial packets come within a second of each other."""

SAMPLE_BYTES, LONGEST_NUMBER = 16, 4

INNER_PAD, OUTER_PAD = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def _expanding(label: bytes, size: int) -> bytes:
    """Return what HKDF-Expand-Label hashes (RFC 8446, 7.1), without context and for one block of SHA-256."""
    name = b"tls13 " + label
    return size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0\1"


CLIENT_IN, SERVER_IN = _expanding(b"client in", 32), _expanding(b"server in", 32)
LABELS = (_expanding(b"quic key", 16), _expanding(b"quic iv", 12), _expanding(b"quic hp", 16))
LABELS_V2 = (_expanding(b"quicv2 key", 16), _expanding(b"quicv2 iv", 12), _expanding(b"quicv2 hp", 16))


class Keys(NamedTuple):
    """What one side's Initial packets are protected with."""

    body: AESGCM
    iv: int
    header: Cipher


def draft_of(version: int) -> int:
    """Return the number of the draft that a version is, 0 where it is none."""
    return version & 0xFF if version >> 8 == 0xFF0000 else MVFST.get(version, 0)


def salt_of(version: int) -> bytes | None:
    """Return the salt of a version's Initial keys; None where it has none or it is not known."""
    draft = draft_of(version)
    if draft < FIRST_DRAFT:
        return SALTS.get(version)
    return next((salt for last, salt in LAST_DRAFT_OF_SALT.items() if draft <= last), None)


@functools.lru_cache(REMEMBERED)
def initial_keys(version: int, connection_id: bytes, *, is_client: bool) -> Keys | None:
    """Return the keys of Initial packets; connection_id: the destination in the client's first one."""
    salt = salt_of(version)
    if salt is None:
        return None
    labels = LABELS_V2 if version in (V2, EARLY_V2) else LABELS
    secret = _hmac(_hmac(salt, connection_id), CLIENT_IN if is_client else SERVER_IN)
    key, iv, header = (_hmac(secret, label) for label in labels)
    cipher = ciphers.Cipher(ciphers.algorithms.AES(header[:16]), ciphers.modes.ECB())
    return Keys(aead.AESGCM(key[:16]), int.from_bytes(iv[:12], "big"), cipher)


def _hmac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104) for keys of up to one block; twice as fast as hmac.digest for messages this short."""
    padded = key.ljust(64, b"\0")
    inner = sha256(padded.translate(INNER_PAD) + message).digest()
    return sha256(padded.translate(OUTER_PAD) + inner).digest()


def open_initial(packet: bytes, number_at: int, keys: Keys) -> bytes | None:
    """Return what an Initial packet holds, None where the keys do not fit; number_at: where its number begins."""
    sample = packet[number_at + LONGEST_NUMBER : number_at + LONGEST_NUMBER + SAMPLE_BYTES]
    if len(sample) < SAMPLE_BYTES:
        return None
    mask = keys.header.encryptor().update(sample)
    first = packet[0] ^ mask[0] & 0x0F
    size = (first & 3) + 1
    number = int.from_bytes(packet[number_at : number_at + size], "big") ^ int.from_bytes(mask[1 : 1 + size], "big")
    head = bytes([first]) + packet[1:number_at] + number.to_bytes(size, "big")
    try:
        return keys.body.decrypt((keys.iv ^ number).to_bytes(12, "big"), packet[number_at + size :], head)
    except exceptions.InvalidTag:
        return None
