"""TLS messages written field by field, for tests (RFC 8446, RFC 5246)."""

from __future__ import annotations

import struct

RANDOM = bytes(range(32))
SESSION = bytes(range(0x40, 0x50))

TLS10, TLS12, TLS13, DTLS10, DTLS12, DTLS13 = 0x0301, 0x0303, 0x0304, 0xFEFF, 0xFEFD, 0xFEFC
CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE, HELLO_DONE = 1, 2, 11, 12, 14

# Certificates made for these tests: Ed25519 with the private key 00 01 .. 1f, valid through 2024.
LEAF = bytes.fromhex(
    "30820139 3081eca003020102 02020123 300506032b6570"  # serial 0x0123, Ed25519
    "3015311330110603 5504030c0a 4578616d706c65204341"  # CN=Example CA
    "301e170d3234303130313030303030305a170d3235303130313030303030305a"
    "302c3110300e060355040a0c07 4578616d706c65 311830160603 5504030c0f 7777772e6578616d706c652e6f7267"
    "302a300506032b6570032100 03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    "a3493047304506 03551d11 043e303c 820f7777772e6578616d706c652e6f7267 820d2a2e6578616d706c652e6e6574"
    "8704c0000207 810d61406578616d706c652e6f7267 860575726e3a78"  # address, mail address, URI
    "300506032b6570034100 9697b01e405090a11f031d8fdf7d5e397072f824d5bfbc73251d02576dfd2b23"
    "d384756199ce97050b83a39c1a1861251cc32edf4e91e0e9e300ca93ba513207"
)
ROOT = bytes.fromhex(
    "3081eb 30819ea003020102 020101 300506032b6570 3015311330110603 5504030c0a 4578616d706c65204341"
    "301e170d3234303130313030303030305a170d3235303130313030303030305a"
    "3015311330110603 5504030c0a 4578616d706c65204341"
    "302a300506032b6570032100 03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    "a3133011300f0603 551d13 0101ff 0405 30030101ff"  # may issue others
    "300506032b6570034100 05401b3d7d7d7bf14fe0cc1f47c75ed5a48fd1f758532cf63bc9a12e9cb1709f"
    "1581475e6fb629cf3ff5e0dc8b93ddb98aa76e9bd25bd5daa13c3ef8cfcf860f"
)
PERSON = bytes.fromhex(
    "3081d6 308189a003020102 020102 300506032b6570 3015311330110603 5504030c0a 4578616d706c65204341"
    "301e170d3234303130313030303030305a170d3235303130313030303030305a"
    "3015311330110603 5504030c0a 506572736f6e204f6e65"  # CN=Person One
    "302a300506032b6570032100 03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    "300506032b6570034100 eb7cadeb35cf3a4a9571f51cf900cf3952da0c52a7d61e0da96fb04354b74ffd"
    "4ed54d4dd8e83d8b3408efa48a4a5106b091ece8bc808cc1271dbdd4ed07bd01"
)


def vector(width: int, body: bytes) -> bytes:
    """Return a field that begins with its own length in `width` bytes."""
    return len(body).to_bytes(width, "big") + body


def numbers(*values: int) -> bytes:
    """Return 16-bit numbers in a row."""
    return struct.pack(f">{len(values)}H", *values)


def extension(kind: int, body: bytes = b"") -> bytes:
    """Return one extension."""
    return numbers(kind) + vector(2, body)


def server_name(name: str) -> bytes:
    return extension(0, vector(2, b"\0" + vector(2, name.encode())))


def alpn(*names: bytes) -> bytes:
    return extension(16, vector(2, b"".join(vector(1, name) for name in names)))


def groups(*values: int) -> bytes:
    return extension(10, vector(2, numbers(*values)))


def formats(*values: int) -> bytes:
    return extension(11, vector(1, bytes(values)))


def algorithms(*values: int) -> bytes:
    return extension(13, vector(2, numbers(*values)))


def versions(*values: int) -> bytes:
    return extension(43, vector(1, numbers(*values)))


def client_hello(
    *extensions: bytes, ciphers: tuple[int, ...] = (0x1301, 0xC02F), version: int = TLS12, session: bytes = SESSION
) -> bytes:
    """Return the body of a ClientHello; without extensions their block is left out."""
    block = vector(2, b"".join(extensions)) if extensions else b""
    return numbers(version) + RANDOM + vector(1, session) + vector(2, numbers(*ciphers)) + b"\1\0" + block


def server_hello(
    *extensions: bytes, cipher: int = 0xC02F, version: int = TLS12, session: bytes = b"", random: bytes = RANDOM
) -> bytes:
    """Return the body of a ServerHello."""
    block = vector(2, b"".join(extensions)) if extensions else b""
    return numbers(version) + random + vector(1, session) + numbers(cipher) + b"\0" + block


def certificates(*ders: bytes) -> bytes:
    """Return the body of a Certificate message of TLS 1.2."""
    return vector(3, b"".join(vector(3, der) for der in ders))


def message(kind: int, body: bytes = b"") -> bytes:
    """Return a handshake message."""
    return bytes([kind]) + vector(3, body)


def record(kind: int, body: bytes, version: int = TLS12) -> bytes:
    """Return a record of TLS."""
    return bytes([kind]) + numbers(version) + vector(2, body)


def fragment(kind: int, number: int, body: bytes, begin: int = 0, end: int | None = None) -> bytes:
    """Return a handshake message of DTLS, or a fragment of it."""
    part = body[begin:end]
    head = bytes([kind]) + len(body).to_bytes(3, "big") + numbers(number)
    return head + begin.to_bytes(3, "big") + vector(3, part)


def datagram(kind: int, body: bytes, *, epoch: int = 0, number: int = 0, version: int = DTLS12) -> bytes:
    """Return a record of DTLS."""
    return bytes([kind]) + numbers(version, epoch) + number.to_bytes(6, "big") + vector(2, body)
