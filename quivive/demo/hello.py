"""TLS hellos, written field by field (RFC 8446, RFC 5246), as four kinds of program would write them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

SERVER_NAME, STATUS, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, SCT, ENCRYPT_THEN_MAC = 0, 5, 10, 11, 13, 16, 18, 22
EXTENDED_SECRET, COMPRESS_CERTIFICATE, TICKET, VERSIONS, PSK_MODES, KEY_SHARE = 23, 27, 35, 43, 45, 51
QUIC_PARAMETERS, RENEGOTIATION = 57, 0xFF01
X25519, P256, P384, HYBRID = 0x001D, 0x0017, 0x0018, 0x11EC
SHARE_BYTES = {X25519: 32, P256: 65, HYBRID: 1216}
TLS12, TLS13 = 0x0303, 0x0304
GREASE = 0x0A0A
"""Stands where a browser puts one of the sixteen values of RFC 8701."""

MODERN = (0x1301, 0x1302, 0x1303)
ECDHE = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)
SIGNATURE_SCHEMES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)


@dataclass(frozen=True)
class Profile:
    """How one kind of program greets."""

    versions: tuple[int, ...]
    ciphers: tuple[int, ...]
    groups: tuple[int, ...]
    shares: tuple[int, ...]
    extensions: tuple[int, ...]
    alpn: tuple[str, ...] = ()


BROWSER = Profile(
    (GREASE, TLS13, TLS12), (GREASE, *MODERN, *ECDHE, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035),
    (GREASE, HYBRID, X25519, P256, P384), (HYBRID, X25519),
    (GREASE, SERVER_NAME, EXTENDED_SECRET, RENEGOTIATION, GROUPS, POINT_FORMATS, TICKET, ALPN, STATUS, SIGNATURES, SCT,
     KEY_SHARE, PSK_MODES, VERSIONS, COMPRESS_CERTIFICATE), ("h2", "http/1.1"),
)  # fmt: skip
QUIC_BROWSER = Profile(
    (TLS13,), MODERN, (X25519, P256, P384), (X25519,),
    (SERVER_NAME, GROUPS, ALPN, SIGNATURES, KEY_SHARE, PSK_MODES, VERSIONS, COMPRESS_CERTIFICATE, QUIC_PARAMETERS),
    ("h3",),
)  # fmt: skip
SYSTEM = Profile(
    (TLS13, TLS12), (0x1302, 0x1303, 0x1301, *ECDHE, 0x009F, 0x009E), (X25519, P256, P384), (X25519,),
    (SERVER_NAME, POINT_FORMATS, GROUPS, TICKET, ALPN, ENCRYPT_THEN_MAC, EXTENDED_SECRET, SIGNATURES, VERSIONS,
     PSK_MODES, KEY_SHARE), ("http/1.1",),
)  # fmt: skip
OLD_SYSTEM = Profile(
    (TLS12,), (0xC02C, 0xC02B, 0xC030, 0xC02F, 0xC024, 0xC023, 0x009D, 0x009C, 0x0035, 0x002F),
    (X25519, P256, P384), (),
    (SERVER_NAME, STATUS, GROUPS, POINT_FORMATS, SIGNATURES, TICKET, EXTENDED_SECRET, RENEGOTIATION),
)  # fmt: skip
PLAIN_PROGRAM = Profile(
    (TLS13, TLS12), (0xC02F, 0xC030, 0xCCA8, *MODERN), (X25519, P256), (X25519,),
    (SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, RENEGOTIATION, VERSIONS, KEY_SHARE),
)  # fmt: skip


def client_hello(rng: Random, profile: Profile, server_name: str, source_id: bytes = b"") -> bytes:
    """Return the handshake message; the source identifier is QUIC's own, repeated in its parameters."""
    quic = QUIC_PARAMETERS in profile.extensions
    session = b"" if quic else rng.randbytes(32)
    grease = 0x0101 * (rng.randrange(16) << 4 | 0xA)
    words = (grease, server_name, source_id)
    body = b"".join([
        struct.pack("!H", TLS12),
        rng.randbytes(32),
        _sized8(session),
        _sized16(_words(profile.ciphers, grease)),
        b"\1\0",  # the one compression method: none
        _sized16(b"".join(_extension(rng, profile, kind, words) for kind in profile.extensions)),
    ])  # fmt: skip
    return _message(1, body)


def server_hello(rng: Random, hello: bytes, cipher: int, version: int) -> bytes:
    """Return the answer to a client's hello, in TLS 1.3 with a key share, in TLS 1.2 without."""
    session = hello[39 : 39 + hello[38]]
    if version == TLS13:
        share = struct.pack("!H", X25519) + _sized16(rng.randbytes(32))
        extensions = _wrapped(VERSIONS, struct.pack("!H", TLS13)) + _wrapped(KEY_SHARE, share)
    else:
        session = rng.randbytes(32)
        extensions = _wrapped(RENEGOTIATION, b"\0") + _wrapped(EXTENDED_SECRET, b"") + _wrapped(POINT_FORMATS, b"\1\0")
    head = struct.pack("!H", TLS12) + rng.randbytes(32) + _sized8(session)
    return _message(2, head + struct.pack("!HB", cipher, 0) + _sized16(extensions))


def certificate_message(chain: tuple[bytes, ...]) -> bytes:
    """Return TLS 1.2's Certificate message."""
    return _message(11, _sized24(b"".join(map(_sized24, chain))))


def server_key_exchange(rng: Random) -> bytes:
    """Return TLS 1.2's ServerKeyExchange: an X25519 share, signed with Ed25519; the numbers mean nothing."""
    share = b"\3" + struct.pack("!H", X25519) + _sized8(rng.randbytes(32))
    return _message(12, share + struct.pack("!H", 0x0807) + _sized16(rng.randbytes(64)))


def client_key_exchange(rng: Random) -> bytes:
    """Return TLS 1.2's ClientKeyExchange."""
    return _message(16, _sized8(rng.randbytes(32)))


SERVER_HELLO_DONE = b"\x0e\0\0\0"


def _extension(rng: Random, profile: Profile, kind: int, words: tuple[int, str, bytes]) -> bytes:
    grease, server_name, source_id = words
    if kind == GREASE:
        return _wrapped(grease, b"")
    bodies: dict[int, Callable[[], bytes]] = {
        SERVER_NAME: lambda: _sized16(b"\0" + _sized16(server_name.encode())),
        STATUS: lambda: b"\1\0\0\0\0",
        GROUPS: lambda: _sized16(_words(profile.groups, grease)),
        POINT_FORMATS: lambda: b"\1\0",
        SIGNATURES: lambda: _sized16(_words(SIGNATURE_SCHEMES, grease)),
        ALPN: lambda: _sized16(b"".join(_sized8(name.encode()) for name in profile.alpn)),
        COMPRESS_CERTIFICATE: lambda: b"\2\0\2",
        VERSIONS: lambda: _sized8(_words(profile.versions, grease)),
        PSK_MODES: lambda: b"\1\1",
        KEY_SHARE: lambda: _sized16(b"".join(_share(rng, group) for group in profile.shares)),
        QUIC_PARAMETERS: lambda: _quic_parameters(source_id),
        RENEGOTIATION: lambda: b"\0",
    }
    return _wrapped(kind, bodies[kind]() if kind in bodies else b"")


def _quic_parameters(source_id: bytes) -> bytes:
    """Return transport parameters (RFC 9000, 18): idle time-out 30 s, room for data and streams, the source's name."""
    return bytes.fromhex("0104 80007530 0404 80100000 0504 80080000 0801 10 0901 03") + b"\x0f" + _sized8(source_id)


def _share(rng: Random, group: int) -> bytes:
    return struct.pack("!H", group) + _sized16(rng.randbytes(SHARE_BYTES[group]))


def _words(values: tuple[int, ...], grease: int) -> bytes:
    return b"".join(struct.pack("!H", grease if value == GREASE else value) for value in values)


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _sized24(body)


def _wrapped(kind: int, body: bytes) -> bytes:
    return struct.pack("!H", kind) + _sized16(body)


def _sized8(body: bytes) -> bytes:
    return bytes([len(body)]) + body


def _sized16(body: bytes) -> bytes:
    return struct.pack("!H", len(body)) + body


def _sized24(body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + body
