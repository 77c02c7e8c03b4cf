"""NTLM messages, which many protocols carry to log a Windows user in ([MS-NLMP]).

The server's challenge and the client's responses to it can be cracked: they are stepped over and never stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quivive.kit.protocol import Row
from quivive.model.errors import Malformed
from quivive.model.fields import DOMAIN, STAMP, USER
from quivive.model.limits import TEXT_BYTES
from quivive.model.schema import Field, Table
from quivive.model.tables import IDENTITIES, PROTOCOL

SIGNATURE = b"NTLMSSP\x00"

NEGOTIATE = 1
CHALLENGE = 2
AUTHENTICATE = 3

UNICODE = 0x00000001
ANONYMOUS = 0x00000800
HAS_DOMAIN = 0x00001000
HAS_WORKSTATION = 0x00002000
HAS_TARGET_INFO = 0x00800000
HAS_VERSION = 0x02000000

FLAGS_AT = {NEGOTIATE: 12, CHALLENGE: 20, AUTHENTICATE: 60}
VERSION_AT = {NEGOTIATE: 32, CHALLENGE: 48, AUTHENTICATE: 64}
"""Where flags and version stand; early systems leave both out of AUTHENTICATE."""

NT_V1_BYTES = 24
"""A response of just this size is of version 1 (2.2.2.6); in version 2 attributes of the server follow."""

AV_PAIRS_AT = 44
"""Where the target information begins in a response of version 2 (2.2.2.7, 2.2.2.8)."""

MAX_AV_PAIRS = 32
"""Eleven kinds of attribute are defined (2.2.2.1), each of which should stand once."""

WORKSTATION = Field("workstation", "text", "Name of the user's machine as sent.", personal="host")

NTLM = Table(
    "ntlm",
    "NTLM messages that other protocols carried to log a user in.",
    (
        *STAMP,
        PROTOCOL,
        Field("ntlm_message", "text", "Step of the log-in: NEGOTIATE, CHALLENGE or AUTHENTICATE."),
        USER,
        DOMAIN,
        WORKSTATION,
        Field("ntlm_version", "text", "Kind of response the client gave: LM, NTLMv1 or NTLMv2."),
        Field("is_anonymous", "bool", "Whether the client logged in without a name."),
        Field("ntlm_target", "text", "Name of the server or domain that asked for the log-in."),
        Field("ntlm_server", "text", "NetBIOS name of the server, by its own word.", personal="host"),
        Field("ntlm_domain", "text", "NetBIOS name of the server's domain."),
        Field("ntlm_dns_server", "text", "DNS name of the server, by its own word.", personal="host"),
        Field("ntlm_dns_domain", "text", "DNS name of the server's domain."),
        Field("ntlm_dns_tree", "text", "DNS name of the forest the server's domain belongs to."),
        Field("ntlm_service", "text", "Service principal the client believes it logs in to."),
        Field("ntlm_os_version", "text", "Version and build of the sender's Windows."),
        Field("ntlm_flags", "int64", "Negotiate flags as sent (2.2.2.5)."),
    ),
)

AV_FIELDS = {
    1: "ntlm_server",
    2: "ntlm_domain",
    3: "ntlm_dns_server",
    4: "ntlm_dns_domain",
    5: "ntlm_dns_tree",
    9: "ntlm_service",
}
"""Attributes that name somebody (2.2.2.1)."""


class _Names(NamedTuple):
    """A message and how its texts are written."""

    message: bytes
    is_unicode: bool

    def at(self, field_at: int) -> str:
        """Return the text that the buffer descriptor at `field_at` points to."""
        return decode(_pointed(self.message, field_at), self.is_unicode)


def rows(message: bytes, protocol: str, addr: str | None = None) -> Iterator[Row]:
    """Yield the row of a message that begins with SIGNATURE, and the identity that an AUTHENTICATE claims.

    protocol: name of the protocol around it   addr: where the client speaks from
    """
    if message[:8] != SIGNATURE:
        raise Malformed("no NTLM signature", 0)
    kind = _le32(message, 8)
    read = READERS.get(kind)
    if read is None:
        raise Malformed(f"NTLM message of type {kind}", 8)
    row = {name: value for name, value in read(message).items() if value not in ("", None)}
    yield NTLM, {"protocol": protocol, **row}
    if kind == AUTHENTICATE and "user" in row and not row["is_anonymous"]:
        yield IDENTITIES, {"protocol": protocol, **_identity(row), "identity_addr": addr}


def _read_negotiate(message: bytes) -> dict[str, object]:
    flags = _le32(message, FLAGS_AT[NEGOTIATE])
    row: dict[str, object] = {"ntlm_message": "NEGOTIATE", "ntlm_flags": flags}
    # The names stand in the client's OEM character set: what comes next has not been agreed on yet (2.2.1.1).
    names = _Names(message, is_unicode=False)
    if flags & HAS_DOMAIN:
        row["domain"] = names.at(16)
    if flags & HAS_WORKSTATION:
        row["workstation"] = names.at(24)
    return row | _os_version(message, NEGOTIATE, flags)


def _read_challenge(message: bytes) -> dict[str, object]:
    flags = _le32(message, FLAGS_AT[CHALLENGE])
    row: dict[str, object] = {"ntlm_message": "CHALLENGE", "ntlm_flags": flags}
    row["ntlm_target"] = _Names(message, bool(flags & UNICODE)).at(12)
    if flags & HAS_TARGET_INFO and len(message) >= 48:
        # Where the target information is broken, the target's name is still worth a row.
        at = _le32(message, 44)
        row |= _read_av_pairs(message[at : at + int.from_bytes(message[40:42], "little")])
    return row | _os_version(message, CHALLENGE, flags)


def _read_authenticate(message: bytes) -> dict[str, object]:
    response = _pointed(message, 20)
    # Windows 95 and NT wrote their texts where later systems have the flags.
    has_flags = len(message) >= 64 and min(_le32(message, at) for at in (16, 24, 32, 40, 48)) >= 64
    flags = _le32(message, FLAGS_AT[AUTHENTICATE]) if has_flags else UNICODE
    names = _Names(message, bool(flags & UNICODE))
    user = names.at(36)
    row: dict[str, object] = {"ntlm_message": "AUTHENTICATE", "user": user, "domain": names.at(28)}
    row["workstation"] = names.at(44)
    row["is_anonymous"] = bool(flags & ANONYMOUS) or not (user or response)
    row["ntlm_version"] = _version_of(response, _pointed(message, 12))
    if len(response) > NT_V1_BYTES:
        row |= _read_av_pairs(response[AV_PAIRS_AT:])
    if has_flags:
        row["ntlm_flags"] = flags
        row |= _os_version(message, AUTHENTICATE, flags)
    return row


def _version_of(response: bytes, lm_response: bytes) -> str | None:
    if len(response) > NT_V1_BYTES:
        return "NTLMv2"
    if response:
        return "NTLMv1"
    return "LM" if len(lm_response) >= NT_V1_BYTES else None


def _identity(log_in: dict[str, object]) -> dict[str, object]:
    return {
        "user": log_in["user"],
        "domain": log_in.get("domain"),
        "workstation": log_in.get("workstation"),
        "identity_kind": "machine" if str(log_in["user"]).endswith("$") else "user",
        "identity_evidence": "NTLM AUTHENTICATE",
    }


READERS = {NEGOTIATE: _read_negotiate, CHALLENGE: _read_challenge, AUTHENTICATE: _read_authenticate}


def _read_av_pairs(pairs: bytes) -> dict[str, object]:
    """Return the names among the attributes; what follows an attribute that is cut short is left alone."""
    found: dict[str, object] = {}
    at = 0
    for _ in range(MAX_AV_PAIRS):
        kind, size = int.from_bytes(pairs[at : at + 2], "little"), int.from_bytes(pairs[at + 2 : at + 4], "little")
        at += 4
        if kind == 0 or at + size > len(pairs):
            break
        if kind in AV_FIELDS:
            found[AV_FIELDS[kind]] = decode(pairs[at : at + size], is_unicode=True)
        at += size
    return found


def _os_version(message: bytes, kind: int, flags: int) -> dict[str, object]:
    at = VERSION_AT[kind]
    if not flags & HAS_VERSION or len(message) < at + 8 or message[at + 7] != 15:  # 15: NTLMSSP_REVISION_W2K3
        return {}
    return {"ntlm_os_version": f"{message[at]}.{message[at + 1]}.{int.from_bytes(message[at + 2 : at + 4], 'little')}"}


def _pointed(message: bytes, field_at: int) -> bytes:
    """Return the bytes that the descriptor at `field_at` points to: size, room and offset (2.2)."""
    if field_at + 8 > len(message):
        raise Malformed("NTLM message is cut short", field_at)
    size = int.from_bytes(message[field_at : field_at + 2], "little")
    at = _le32(message, field_at + 4)
    if size and at + size > len(message):
        raise Malformed("NTLM field lies outside its message", field_at)
    return message[at : at + size]


def decode(text: bytes, is_unicode: bool) -> str:
    """Return a Windows text, UTF-16 or OEM; what is not stays visible, escaped."""
    encoding = "utf-16-le" if is_unicode else "ascii"
    return text[:TEXT_BYTES].decode(encoding, "backslashreplace").rstrip("\x00")


def _le32(message: bytes, at: int) -> int:
    if at + 4 > len(message):
        raise Malformed("NTLM message is cut short", at)
    return int.from_bytes(message[at : at + 4], "little")
