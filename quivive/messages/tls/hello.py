"""The two hellos of TLS and DTLS (RFC 8446, 4.1; RFC 5246, 7.4.1), read without their handshake header."""

from __future__ import annotations

import struct
from typing import NamedTuple

from quivive.model.errors import Malformed
from quivive.model.limits import LIST_ITEMS

SERVER_NAME, GROUPS, POINT_FORMATS, ALGORITHMS, ALPN = 0, 10, 11, 13, 16
DRAFT_KEY_SHARE, PRE_SHARED_KEY, SUPPORTED_VERSIONS, KEY_SHARE, TRANSPORT_PARAMETERS = 40, 41, 43, 51, 57
NPN, DRAFT_TRANSPORT_PARAMETERS, ESNI, ECH = 0x3374, 0xFFA5, 0xFFCE, 0xFE0D
READ = frozenset((
    SERVER_NAME, GROUPS, POINT_FORMATS, ALGORITHMS, ALPN, SUPPORTED_VERSIONS, KEY_SHARE, DRAFT_KEY_SHARE, NPN,
    TRANSPORT_PARAMETERS, DRAFT_TRANSPORT_PARAMETERS,
))  # fmt: skip
"""Extensions whose content is looked into (IANA TLS ExtensionType values)."""

GREASE = frozenset(0x0A0A + 0x1010 * step for step in range(16))
"""Numbers that stand for nothing, to be ignored wherever they come (RFC 8701)."""

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random value that makes a server's hello a request for another one (RFC 8446, 4.1.3)."""

DTLS = 0xFE
"""High byte of the DTLS versions, which count downwards."""

U16 = struct.Struct(">H")
PAIR = struct.Struct(">HH")


class ClientHello(NamedTuple):
    """What a client offers; lists of numbers are left as the bytes of the wire, without their length.

    legacy_version: the old version field; version: the highest one offered
    extensions:     their types, in order
    is_ssl2:        whether it came in the form of SSL 2.0, which has no extensions
    fault:          what is wrong with its extensions; those before it are there
    """

    legacy_version: int
    version: int
    session_id: bytes = b""
    ciphers: bytes = b""
    extensions: tuple[int, ...] = ()
    groups: bytes = b""
    formats: bytes = b""
    algorithms: bytes = b""
    server_name: str | None = None
    alpn: tuple[bytes, ...] = ()
    transport_parameters: bytes = b""
    is_ssl2: bool = False
    fault: str = ""


class ServerHello(NamedTuple):
    """What a server chose; `group` is 0 where its hello does not say."""

    legacy_version: int
    version: int
    session_id: bytes
    cipher: int
    extensions: tuple[int, ...]
    alpn: tuple[bytes, ...] = ()
    npn: tuple[bytes, ...] = ()
    group: int = 0
    is_retry: bool = False


def read_client_hello(body: bytes) -> ClientHello:
    """Read a ClientHello; of DTLS the cookie must have been taken out."""
    try:
        legacy = body[0] << 8 | body[1]
        ciphers_at = 37 + body[34]
        (size,) = U16.unpack_from(body, ciphers_at - 2)
        methods_at = ciphers_at + size
        kinds, found, fault = _read_extensions(body, methods_at + 1 + body[methods_at])
    except (IndexError, struct.error):
        raise Malformed("client hello is cut short", len(body)) from None
    if size & 1:
        raise Malformed("cipher suites have an odd length", ciphers_at)
    get = found.get
    return ClientHello(
        legacy,
        _highest_version(get(SUPPORTED_VERSIONS, b""), legacy),
        body[35 : ciphers_at - 2],
        body[ciphers_at:methods_at],
        kinds,
        _list16(get(GROUPS, b"")),
        get(POINT_FORMATS, b"")[1:],
        _list16(get(ALGORITHMS, b"")),
        _server_name(get(SERVER_NAME, b"")),
        tuple(_names(get(ALPN, b""), 2)),
        get(TRANSPORT_PARAMETERS) or get(DRAFT_TRANSPORT_PARAMETERS, b""),
        fault=fault,
    )


def read_server_hello(body: bytes) -> ServerHello:
    """Read a ServerHello or HelloRetryRequest, also in the shorter form of the drafts 16 to 21 of TLS 1.3."""
    try:
        legacy = body[0] << 8 | body[1]
        is_draft = body[0] == 0x7F
        cipher_at = 34 if is_draft else 35 + body[34]
        (cipher,) = U16.unpack_from(body, cipher_at)
        kinds, found, _ = _read_extensions(body, cipher_at + (2 if is_draft else 3))
        version, share = found.get(SUPPORTED_VERSIONS), found.get(KEY_SHARE) or found.get(DRAFT_KEY_SHARE)
        return ServerHello(
            legacy,
            U16.unpack_from(version)[0] if version else legacy,
            b"" if is_draft else body[35:cipher_at],
            cipher,
            kinds,
            tuple(_names(found.get(ALPN, b""), 2)),
            tuple(_names(found.get(NPN, b""), 0)),
            U16.unpack_from(share)[0] if share else 0,
            body[2:34] == RETRY_RANDOM,
        )
    except (IndexError, struct.error):
        raise Malformed("server hello is cut short", len(body)) from None


def _read_extensions(body: bytes, at: int) -> tuple[tuple[int, ...], dict[int, bytes], str]:
    """Return the types in order, the content of those looked into, and what is wrong; the block may be absent."""
    found: dict[int, bytes] = {}
    kinds = []
    stop, fault = len(body), ""
    if at > stop:
        raise Malformed("hello is cut short", stop)
    if at < stop:
        (size,) = U16.unpack_from(body, at)
        at += 2
        fault = "" if at + size <= stop else "extensions go beyond the hello"
        stop = min(at + size, stop)
    unpack = PAIR.unpack_from
    while at + 4 <= stop:
        kind, size = unpack(body, at)
        at += 4
        if at + size > stop:
            break
        kinds.append(kind)
        if kind in READ:
            found[kind] = body[at : at + size]
        at += size
    if at != stop:
        fault = fault or "extension goes beyond its block"
    return tuple(kinds), found, fault


def _list16(content: bytes) -> bytes:
    """Return the bytes of a list of 16-bit numbers that begins with its length."""
    return content[2 : 2 + (content[0] << 8 | content[1] & 0xFE)] if len(content) >= 2 else b""


def _highest_version(content: bytes, legacy: int) -> int:
    """Return the highest version offered (RFC 8446, 4.2.1), or the old field's."""
    size = (len(content) - 1) // 2
    if size <= 0:
        return legacy
    offered = [version for version in struct.unpack_from(f">{size}H", content, 1) if version not in GREASE]
    if not offered:
        return legacy
    return min(offered) if legacy >> 8 == DTLS else max(offered)


def _server_name(content: bytes) -> str | None:
    """Return the first name of the list (RFC 6066, 3), which has never held another."""
    size = int.from_bytes(content[3:5], "big")
    return content[5 : 5 + size].decode("utf-8", "backslashreplace") or None


def _names(content: bytes, at: int) -> list[bytes]:
    """Return byte strings that begin with one byte of length, from `at` on."""
    names: list[bytes] = []
    while at < len(content) and len(names) < LIST_ITEMS:
        names.append(content[at + 1 : at + 1 + content[at]])
        at += 1 + content[at]
    return names
