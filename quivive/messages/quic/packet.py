"""QUIC's long headers, and the frames and parameters that its Initial packets carry (RFC 9000; RFC 8999; RFC 9369)."""

from __future__ import annotations

from typing import NamedTuple

from quivive.messages.quic.crypto import EARLY_V2, MVFST, V1, V2, draft_of, salt_of
from quivive.model.errors import Malformed

INITIAL, ZERO_RTT, HANDSHAKE, RETRY, NEGOTIATION, UNKNOWN = range(6)
LONG, FIXED = 0x80, 0x40
"""Bits of the first byte: a long header, and the one that is always set but in a Version Negotiation."""

PADDING, PING, ACK, ACK_ECN, CRYPTO, CLOSE, CLOSE_APPLICATION = 0x00, 0x01, 0x02, 0x03, 0x06, 0x1C, 0x1D
ACK_RANGES = 256
"""Ranges of one ACK that are stepped over; an Initial packet cannot hold more that mean anything."""

VERSIONS = 64
"""Versions read of one offer; servers have up to ten."""

PARAMETERS = 64
"""Transport parameters read; clients send some fifteen."""

MASKS = (0x3F, 0x3FFF, 0x3FFFFFFF, 0x3FFFFFFFFFFFFFFF)
"""The bits of a number that are not its length's."""

LONGEST_ID = 20
"""Bytes of a connection ID in the versions known (RFC 9000, 17.2)."""


class LongHeader(NamedTuple):
    """A packet's header. number_at: where the packet number begins; end: where the packet ends."""

    kind: int
    version: int
    dcid: bytes
    scid: bytes
    number_at: int
    end: int


class Crypto(NamedTuple):
    """Handshake bytes and where in their stream they stand."""

    offset: int
    data: bytes


def version_name(version: int) -> str:
    """Return a version as people write it: 1, 2, draft-29, Q050, or the number in hex."""
    if version in (V1, V2):
        return "1" if version == V1 else "2"
    if version == EARLY_V2:
        return "2 (draft)"
    draft = draft_of(version)
    if draft:
        return f"mvfst-{draft}" if version in MVFST else f"draft-{draft}"
    text = version.to_bytes(4, "big")
    return text.decode() if text[:2] in (b"Q0", b"T0") and text.isalnum() else f"0x{version:08x}"


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of 1, 2, 4 or 8 bytes and where the next thing begins (RFC 9000, 16)."""
    if at >= len(data):
        raise Malformed("number is cut short", at)
    first = data[at]
    if first < 0x40:
        return first, at + 1
    end = at + (1 << (first >> 6))
    if end > len(data):
        raise Malformed("number is cut short", at)
    return int.from_bytes(data[at:end], "big") & MASKS[first >> 6], end


def read_long_header(data: bytes, at: int) -> LongHeader:
    """Read the header at `at`; of a version that is not known only what all versions share, to the datagram's end."""
    stop = len(data)
    if at + 7 > stop:
        raise Malformed("long header is cut short", at)
    version = int.from_bytes(data[at + 1 : at + 5], "big")
    dcid, after = _connection_id(data, at + 5)
    scid, after = _connection_id(data, after)
    if version == 0:
        return LongHeader(NEGOTIATION, version, dcid, scid, after, stop)
    if salt_of(version) is None:
        return LongHeader(UNKNOWN, version, dcid, scid, after, stop)
    kind = data[at] >> 4 & 3
    if version in (V2, EARLY_V2):
        kind = kind - 1 & 3
    if kind == RETRY:
        return LongHeader(kind, version, dcid, scid, after, stop)
    if kind == INITIAL:
        token_size, after = read_varint(data, after)
        after += token_size
    size, after = read_varint(data, after)
    if after + size > stop:
        raise Malformed("packet goes beyond its datagram", after)
    return LongHeader(kind, version, dcid, scid, after, after + size)


def _connection_id(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 1 + data[at] if at < len(data) else at + 1
    if end > len(data):
        raise Malformed("connection ID is cut short", at)
    return data[at + 1 : end], end


def read_versions(data: bytes, header: LongHeader) -> list[int]:
    """Return the versions that a Version Negotiation packet offers (RFC 9000, 17.2.1); nothing else may follow."""
    listed = data[header.number_at : header.end]
    if len(listed) % 4:
        raise Malformed("versions are cut short", header.end)
    return [int.from_bytes(listed[k : k + 4], "big") for k in range(0, min(len(listed), 4 * VERSIONS), 4)]


def read_crypto(plain: bytes) -> list[Crypto]:
    """Return the CRYPTO frames of an Initial packet; what may not stand there is malformed (RFC 9000, 12.4)."""
    frames = []
    at, stop = 0, len(plain)
    while at < stop:
        kind = plain[at]
        if kind == PADDING:
            at = stop - len(plain[at:].lstrip(b"\0"))
        elif kind == PING:
            at += 1
        elif kind == CRYPTO:
            offset, at = read_varint(plain, at + 1)
            size, at = read_varint(plain, at)
            if at + size > stop:
                raise Malformed("CRYPTO frame goes beyond its packet", at)
            frames.append(Crypto(offset, plain[at : at + size]))
            at += size
        elif kind in (ACK, ACK_ECN):
            at = _after_ack(plain, at)
        elif kind in (CLOSE, CLOSE_APPLICATION):
            break
        else:
            raise Malformed(f"frame {kind:#x} may not stand in an Initial packet", at)
    return frames


def _after_ack(plain: bytes, at: int) -> int:
    """Return where the frame behind an ACK begins (RFC 9000, 19.3)."""
    is_ecn = plain[at] == ACK_ECN
    at += 1
    for _ in range(2):
        _, at = read_varint(plain, at)
    n_ranges, at = read_varint(plain, at)
    if n_ranges > ACK_RANGES:
        raise Malformed("ACK has too many ranges", at)
    for _ in range(1 + 2 * n_ranges + 3 * is_ecn):
        _, at = read_varint(plain, at)
    return at


def read_parameter(content: bytes, sought: int) -> bytes | None:
    """Return a transport parameter (RFC 9000, 18); None where it cannot be found."""
    at = 0
    try:
        for _ in range(PARAMETERS):
            number, at = read_varint(content, at)
            size, at = read_varint(content, at)
            if number == sought:
                return content[at : at + size]
            at += size
    except Malformed:
        pass  # there are no more, or it is a draft before 27, which wrote them otherwise
    return None
