"""Fingerprints of hellos: JA3 and JA3S (Salesforce, BSD) and JA4 for clients (FoxIO, BSD)."""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Iterable

from quivive.messages.tls.hello import ALPN, GREASE, SERVER_NAME, ClientHello, ServerHello

VERSIONS = {
    0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2",
    0xFEFF: "d1", 0xFEFD: "d2", 0xFEFC: "d3",
}  # fmt: skip
"""How JA4 writes a version; others are 00."""

REMEMBERED = 2048
"""Distinct hellos kept worked out: a network's clients have a few hundred."""

REMEMBERED_BYTES = 512
"""Longer ones are worked out each time, so that a flood of them cannot fill the memory."""

NOTHING = "000000000000"
"""How JA4 writes the hash of an empty list."""


def ja3(hello: ClientHello) -> str:
    """Return the MD5 of version, suites, extensions, groups and point formats in decimal."""
    kinds = "-".join([str(kind) for kind in hello.extensions if kind not in GREASE])
    decimal = _decimal if len(hello.ciphers) + len(hello.groups) <= REMEMBERED_BYTES else _decimal.__wrapped__
    formats = "-".join(map(str, hello.formats))
    text = f"{hello.legacy_version},{decimal(hello.ciphers)},{kinds},{decimal(hello.groups)},{formats}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ja3s(hello: ServerHello) -> str:
    """Return the MD5 of version, suite and extensions in decimal."""
    work = _ja3s if len(hello.extensions) <= REMEMBERED_BYTES else _ja3s.__wrapped__
    return work(hello.legacy_version, hello.cipher, hello.extensions)


def ja4(hello: ClientHello, carrier: str) -> str:
    """Return JA4; carrier: t for TCP, q for QUIC, d for DTLS."""
    kinds = tuple(sorted([kind for kind in hello.extensions if kind not in GREASE]))
    work = _ja4 if len(hello.ciphers) + len(kinds) + len(hello.algorithms) <= REMEMBERED_BYTES else _ja4.__wrapped__
    return work(f"{carrier}{VERSIONS.get(hello.version, '00')}", hello.ciphers, kinds, hello.alpn[:1], hello.algorithms)


@functools.lru_cache(REMEMBERED)
def _ja3s(version: int, cipher: int, kinds: tuple[int, ...]) -> str:
    text = f"{version},{cipher},{'-'.join(map(str, kinds))}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@functools.lru_cache(REMEMBERED)
def _ja4(begin: str, ciphers: bytes, kinds: tuple[int, ...], alpn: tuple[bytes, ...], algorithms: bytes) -> str:
    """Join the parts; kinds: sorted and free of GREASE, alpn: the first protocol name, where there is one."""
    suites = sorted(_without_grease(ciphers))
    named = _hex(kind for kind in kinds if kind not in (SERVER_NAME, ALPN))
    signed = _hex(_without_grease(algorithms))
    counts = f"{min(len(suites), 99):02}{min(len(kinds), 99):02}"
    tail = f"{named}_{signed}" if named and signed else named
    head = f"{begin}{'d' if SERVER_NAME in kinds else 'i'}{counts}{_ends(alpn[0] if alpn else b'')}"
    return f"{head}_{_short_hash(_hex(suites))}_{_short_hash(tail)}"


@functools.lru_cache(REMEMBERED)
def _decimal(numbers: bytes) -> str:
    return "-".join(map(str, _without_grease(numbers)))


def _without_grease(numbers: bytes) -> list[int]:
    count = len(numbers) // 2
    return [number for number in struct.unpack_from(f">{count}H", numbers) if number not in GREASE]


def _hex(numbers: Iterable[int]) -> str:
    return ",".join([f"{number:04x}" for number in numbers])


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else NOTHING


def _ends(name: bytes) -> str:
    """Return first and last character of a protocol name; of its hex form where one is not alphanumeric."""
    if not name:
        return "00"
    ends = name[:1] + name[-1:]
    return ends.decode() if ends.isalnum() else name.hex()[0] + name.hex()[-1]
