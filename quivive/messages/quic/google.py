"""Google's QUIC before the IETF's (versions Q024 to Q050): the client's hello where it is in clear."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

LONG = 0x80
HAS_VERSION, HAS_ID = 0x01, 0x08
"""Bits of the first byte of the old public header."""

VERSION = re.compile(rb"[QT]0[0-9]{2}")
CHLO = b"CHLO"
TAGS = 128
"""Tags of one hello that are read (the same bound as in Chromium)."""

ENTRY = struct.Struct("<4sI")


class Opening(NamedTuple):
    """What a client's first packet says in clear; connection_id is empty where the header leaves it out."""

    version: str
    connection_id: bytes
    tags: dict[bytes, bytes]


def read_opening(payload: bytes) -> Opening | None:
    """Read a packet of Google's QUIC that names its version; None where it is none."""
    if len(payload) < 15:
        return None
    if payload[0] & LONG:
        version, connection_id = payload[1:5], payload[6:14]
    elif payload[0] & HAS_VERSION:
        at = 9 if payload[0] & HAS_ID else 1
        version, connection_id = payload[at : at + 4], payload[1:at]
    else:
        return None
    if VERSION.fullmatch(version) is None:
        return None
    return Opening(version.decode(), connection_id, read_tags(payload))


def read_tags(said: bytes) -> dict[bytes, bytes]:
    """Return the tagged values of the hello somewhere in these bytes; a value that is cut short is left out."""
    at = said.find(CHLO)
    found: dict[bytes, bytes] = {}
    if at < 0 or at + 8 > len(said):
        return found
    n_tags = min(int.from_bytes(said[at + 4 : at + 6], "little"), TAGS)
    values = at + 8 + ENTRY.size * n_tags
    begin = 0
    for entry in range(at + 8, min(values, len(said) - ENTRY.size + 1), ENTRY.size):
        tag, end = ENTRY.unpack_from(said, entry)
        if begin <= end <= len(said) - values:
            found[tag] = said[values + begin : values + end]
        begin = end
    return found
