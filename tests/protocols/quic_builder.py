"""QUIC packets protected as RFC 9001 has it, and the samples of its Appendix A, for tests."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.protocols.tls_builder import vector

SAMPLE_ID = bytes.fromhex("8394c8f03e515708")
SERVER_ID = bytes.fromhex("f067a5502a4262b5")
SALT_V1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
SALT_V2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
SALT_Q050 = bytes.fromhex("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45")

V1, V2, DRAFT_29, Q050 = 1, 0x6B3343CF, 0xFF00001D, 0x51303530
SALTS = {V1: SALT_V1, V2: SALT_V2, DRAFT_29: SALT_29, Q050: SALT_Q050}

CLIENT_CRYPTO = bytes.fromhex(  # RFC 9001, A.2: the client's CRYPTO frame
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
    "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
    "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
    "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
    "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
    "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
    "75300901100f088394c8f03e51570806048000ffff"
)
CLIENT_HELLO = CLIENT_CRYPTO[4:]

SERVER_PLAIN = bytes.fromhex(  # RFC 9001, A.3: an ACK and the server's CRYPTO frame
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739"
    "88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94"
    "0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00"
    "020304"
)
SERVER_INITIAL = bytes.fromhex(  # RFC 9001, A.3: the server's packet
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
    "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
    "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
    "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
    "2158407dd074ee"
)


def varint(number: int) -> bytes:
    """Return a number in QUIC's form of 1, 2 or 4 bytes."""
    if number < 1 << 6:
        return bytes([number])
    return (number | 0x4000).to_bytes(2, "big") if number < 1 << 14 else (number | 1 << 31).to_bytes(4, "big")


def crypto(data: bytes, offset: int = 0) -> bytes:
    """Return a CRYPTO frame."""
    return b"\6" + varint(offset) + varint(len(data)) + data


def expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label, written again for the tests."""
    info = size.to_bytes(2, "big") + vector(1, b"tls13 " + label) + b"\0"
    return hmac.digest(secret, info + b"\1", "sha256")[:size]


def initial(
    plain: bytes,
    *,
    dcid: bytes = SAMPLE_ID,
    scid: bytes = b"",
    key_id: bytes | None = None,
    version: int = V1,
    is_client: bool = True,
    number: int = 0,
    token: bytes = b"",
    size: int = 0,
) -> bytes:
    """Return a protected Initial packet with a packet number of four bytes; `size` pads it."""
    first = 0xD3 if version == V2 else 0xC3
    head = bytes([first]) + version.to_bytes(4, "big") + vector(1, dcid) + vector(1, scid) + varint(len(token)) + token
    plain = plain.ljust(max(size - len(head) - 2 - 4 - 16, 4), b"\0")
    head += (4 + len(plain) + 16 | 0x4000).to_bytes(2, "big") + number.to_bytes(4, "big")
    secret = expand(
        hmac.digest(SALTS[version], dcid if key_id is None else key_id, "sha256"),
        b"client in" if is_client else b"server in",
        32,
    )
    prefix = b"quicv2 " if version == V2 else b"quic "
    nonce = int.from_bytes(expand(secret, prefix + b"iv", 12), "big") ^ number
    sealed = AESGCM(expand(secret, prefix + b"key", 16)).encrypt(nonce.to_bytes(12, "big"), plain, head)
    masker = Cipher(algorithms.AES(expand(secret, prefix + b"hp", 16)), modes.ECB()).encryptor()
    mask = masker.update(sealed[:16])
    bare_number = bytes(a ^ b for a, b in zip(head[-4:], mask[1:5], strict=True))
    return bytes([head[0] ^ mask[0] & 0x0F]) + head[1:-4] + bare_number + sealed


CLIENT_INITIAL = initial(CLIENT_CRYPTO, number=2, size=1200)
"""RFC 9001, A.2."""
