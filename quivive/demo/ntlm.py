"""NTLM's three messages ([MS-NLMP]) in SPNEGO's wrapping (RFC 4178); the proofs in them are noise."""

from __future__ import annotations

import struct
from random import Random

from quivive.demo.der import ENUMERATED, application, context, octets, oid, sequence, wrap

SIGNATURE = b"NTLMSSP\0"
NEGOTIATE, CHALLENGE, AUTHENTICATE = 1, 2, 3
FLAGS = 0xE2088297
FLAGS_CHALLENGE = 0xE28A8215
VERSION = bytes.fromhex("0a 00 614a 000000 0f")  # 10.0, build 19041, revision 15
SPNEGO, NTLM = "1.3.6.1.5.5.2", "1.3.6.1.4.1.311.2.2.10"
COMPLETED, INCOMPLETE = 0, 1
DOMAIN_NAME, COMPUTER_NAME = 2, 1


def negotiate() -> bytes:
    """Return the first token: what the client can do."""
    message = SIGNATURE + struct.pack("<II", NEGOTIATE, FLAGS) + b"\0" * 16 + VERSION
    return application(
        0, oid(SPNEGO), context(0, sequence(context(0, sequence(oid(NTLM))), context(2, octets(message))))
    )


def challenge(rng: Random, domain: str, server: str) -> bytes:
    """Return the server's token: its challenge and its names."""
    target = domain.encode("utf-16-le")
    info = _pair(DOMAIN_NAME, domain) + _pair(COMPUTER_NAME, server) + b"\0\0\0\0"
    head = SIGNATURE + struct.pack("<IHHI", CHALLENGE, len(target), len(target), 56)
    head += struct.pack("<I", FLAGS_CHALLENGE) + rng.randbytes(8) + b"\0" * 8
    head += struct.pack("<HHI", len(info), len(info), 56 + len(target)) + VERSION
    body = context(0, wrap(ENUMERATED, bytes([INCOMPLETE]))) + context(1, oid(NTLM))
    return context(1, sequence(body, context(2, octets(head + target + info))))


def authenticate(rng: Random, domain: str, who: tuple[str, str], server: str) -> bytes:
    """Return the last token: who speaks, from which machine (user, workstation)."""
    names = [name.encode("utf-16-le") for name in (domain, *who)]
    info = _pair(DOMAIN_NAME, domain) + _pair(COMPUTER_NAME, server) + b"\0\0\0\0"
    response = rng.randbytes(16) + b"\1\1" + b"\0" * 6 + rng.randbytes(16) + b"\0" * 4 + info + b"\0" * 4  # 2.2.2.7
    values = [b"\0" * 24, response, *names, rng.randbytes(16)]
    fields, at = b"", 88
    for value in values:
        fields += struct.pack("<HHI", len(value), len(value), at)
        at += len(value)
    head = SIGNATURE + struct.pack("<I", AUTHENTICATE) + fields + struct.pack("<I", FLAGS) + VERSION
    return context(1, sequence(context(2, octets(head + rng.randbytes(16) + b"".join(values)))))


def accepted() -> bytes:
    """Return the server's word that all is well."""
    return context(1, sequence(context(0, wrap(ENUMERATED, bytes([COMPLETED])))))


def _pair(kind: int, value: str) -> bytes:
    encoded = value.encode("utf-16-le")
    return struct.pack("<HH", kind, len(encoded)) + encoded
