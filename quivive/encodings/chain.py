"""Chains of encodings undone: base16, base32 and base64 (RFC 4648), gzip (RFC 1952), zlib (RFC 1950), to readable data.

One text often fits several alphabets, so all that fit are tried, within bounds, and the reading that ends in text wins.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple

from quivive.model.limits import COMPRESSION_RATIO, ENCODING_DEPTH, ENCODING_TRIES, UNWRAPPED_BYTES

MIN_ENCODED = 8
"""Characters that can be told to be an encoding at all: shorter words fit by chance."""
MIN_TEXT = 12
"""Bytes of a text: so many random bytes are printable once in a hundred thousand times."""
LEAST_RATIO_BYTES = 4_096
"""Inflated size that is believed whatever the ratio: a short text of one letter is no bomb."""
PRINTABLE_SHARE = 0.95

HEX = re.compile(rb"[0-9a-f]+|[0-9A-F]+")
BASE32 = re.compile(rb"([A-Z2-7]+|[a-z2-7]+)={0,6}")
BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
BASE64URL = re.compile(rb"[A-Za-z0-9_-]+={0,2}")
BASE32_RESTS = (0, 2, 4, 5, 7)
"""Characters that a last group of base32 can have (RFC 4648, 6)."""


class Kind(IntEnum):
    """What data is, the more it tells the higher."""

    BYTES = 0
    COMPRESSED = 1
    TEXT = 2


class Reading(NamedTuple):
    """Data and the chain that led to it, the outermost encoding first."""

    chain: tuple[str, ...]
    data: bytes
    kind: Kind

    @property
    def words(self) -> str:
        """What may be said of it without its content: the chain, the size, the kind."""
        what = "text" if self.kind is Kind.TEXT else "bytes"
        return f"{', then '.join(self.chain)}: {len(self.data):,} bytes" + (" of text" if what == "text" else "")


def unwrap(data: bytes) -> Reading | None:
    """Return the reading of data that tells most; None where no encoding fits, or none leads to anything known."""
    best: Reading | None = None
    waiting = [Reading((), data[:UNWRAPPED_BYTES], Kind.BYTES)]
    for _ in range(ENCODING_TRIES):
        if not waiting:
            break
        for step in _steps(waiting.pop(0)):
            if best is None or step.kind > best.kind:
                best = step
            if len(step.chain) < ENCODING_DEPTH and step.kind is not Kind.TEXT:
                waiting.append(step)
        if best is not None and best.kind is Kind.TEXT:
            break
    return best if best is not None and best.kind is not Kind.BYTES else None


def is_text(data: bytes) -> bool:
    """Return whether data reads as text: printable, and with the blanks or signs that no encoding has."""
    if len(data) < MIN_TEXT:
        return False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    n_plain = sum(letter.isprintable() or letter in "\t\r\n" for letter in text)
    return n_plain >= PRINTABLE_SHARE * len(text) and not BASE64.fullmatch(data) and not BASE64URL.fullmatch(data)


def _steps(reading: Reading) -> Iterator[Reading]:
    for name, decode in DECODERS.items():
        data = decode(reading.data)
        if not data:
            continue
        is_told = name in COMPRESSIONS or any(step in COMPRESSIONS for step in reading.chain)
        kind = Kind.TEXT if is_text(data) else Kind.COMPRESSED if is_told else Kind.BYTES
        yield Reading((*reading.chain, name), data, kind)


def _hex(data: bytes) -> bytes:
    if len(data) < MIN_ENCODED or len(data) % 2 or not HEX.fullmatch(data):
        return b""
    return bytes.fromhex(data.decode("ascii"))


def _base32(data: bytes) -> bytes:
    if len(data) < MIN_ENCODED or not BASE32.fullmatch(data):
        return b""
    letters = data.rstrip(b"=").upper()
    if len(letters) % 8 not in BASE32_RESTS:
        return b""
    return base64.b32decode(letters + b"=" * (-len(letters) % 8))


def _base64(data: bytes) -> bytes:
    return _sixes(data, BASE64, b"+/")


def _base64url(data: bytes) -> bytes:
    return _sixes(data, BASE64URL, b"-_")


def _sixes(data: bytes, alphabet: re.Pattern[bytes], last: bytes) -> bytes:
    letters = data.rstrip(b"=")
    if len(letters) < MIN_ENCODED or len(letters) % 4 == 1 or not alphabet.fullmatch(data):
        return b""
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), altchars=last)
    except binascii.Error:
        return b""


def _gzip(data: bytes) -> bytes:
    return _inflated(data, 31) if data.startswith(b"\x1f\x8b\x08") else b""


def _zlib(data: bytes) -> bytes:
    is_zlib = len(data) > 2 and data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0
    return _inflated(data, 15) if is_zlib else b""


def _inflated(data: bytes, window_bits: int) -> bytes:
    """Return inflated data as far as it goes; a stream that was cut gives what is there."""
    most = min(max(COMPRESSION_RATIO * len(data), LEAST_RATIO_BYTES), UNWRAPPED_BYTES)
    try:
        return zlib.decompressobj(window_bits).decompress(data, most)
    except zlib.error:
        return b""


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip, "zlib": _zlib, "hex": _hex, "base32": _base32, "base64": _base64, "base64url": _base64url,
}  # fmt: skip
COMPRESSIONS = frozenset({"gzip", "zlib"})
