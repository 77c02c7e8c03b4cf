"""The text of a document: office files, web pages, mail, compressed and plain text; each bounded, none executed."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

MAX_BYTES = 64 << 20
"""Bytes that all layers of one document may open to."""
MAX_DEPTH = 4
MAX_MEMBERS = 1_000
RATIO = 100
OFFICE = re.compile(r"(?:word/(?:document|header\d*|footer\d*|footnotes)|xl/(?:sharedStrings|worksheets/[^/]+)"
                    r"|ppt/(?:slides|notesSlides)/[^/]+|content)\.xml")  # fmt: skip
TAGS = re.compile(rb"<!--.{0,100000}?-->|<(?:script|style)\b.{0,1000000}?</(?:script|style)\s*>|<[^<>]{0,4000}>",
                  re.DOTALL | re.IGNORECASE)  # fmt: skip
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{40,}={0,2}\r?\n?){3,}(?:[A-Za-z0-9+/]{1,76}={0,2})?")


def texts_of(content: bytes) -> Iterator[bytes]:
    """Yield the texts of a document in UTF-8: itself, and what is within it."""
    left = [MAX_BYTES]
    yield from _opened(content, 0, left)


def _opened(content: bytes, depth: int, left: list[int]) -> Iterator[bytes]:
    left[0] -= len(content)
    if depth > MAX_DEPTH or left[0] < 0:
        return
    if content[:4] == b"PK\x03\x04":
        for member in _members(content, left):
            yield from _opened(member, depth + 1, left)
    elif content[:2] == b"\x1f\x8b":
        yield from _opened(_inflated(content, left), depth + 1, left)
    elif content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from _opened(content.decode("utf-16", "replace").encode("utf-8", "replace"), depth + 1, left)
    elif re.match(rb"\s{0,100}(?:<\?xml|<!doctype html|<html|<[a-z]+:|<body|<div|<p\b)", content[:400], re.IGNORECASE):
        yield _stripped(content)
    elif not _is_binary(content):
        yield content
        for found in BASE64.finditer(content):
            yield from _opened(_from_base64(found[0]), depth + 1, left)


def _is_binary(content: bytes) -> bool:
    head = content[:4096]
    return b"\0" in head and not head.startswith(b"\xef\xbb\xbf")


def _stripped(content: bytes) -> bytes:
    """Return what a page shows: without tags, its entities as the signs they stand for."""
    return html.unescape(TAGS.sub(b" ", content).decode("utf-8", "replace")).encode("utf-8", "replace")


def _from_base64(content: bytes) -> bytes:
    signs = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
    signs = signs[:-1] if len(signs) % 4 == 1 else signs
    try:
        return base64.b64decode(signs + b"=" * (-len(signs) % 4))
    except (binascii.Error, ValueError):
        return b""


def _inflated(content: bytes, left: list[int]) -> bytes:
    room = min(max(left[0], 0), RATIO * len(content) + 1024)
    try:
        with gzip.open(io.BytesIO(content)) as file:
            return file.read(room)
    except (OSError, EOFError, zlib.error):
        try:
            return zlib.decompressobj(31).decompress(content, room)
        except zlib.error:
            return b""


def _members(content: bytes, left: list[int]) -> Iterator[bytes]:
    """Yield the parts of an archive; of an office file those with text, as text."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()[:MAX_MEMBERS]
            is_office = any(OFFICE.fullmatch(entry.filename) for entry in entries)
            for entry in entries:
                if entry.flag_bits & 1 or entry.is_dir() or (is_office and not OFFICE.fullmatch(entry.filename)):
                    continue
                if entry.file_size <= min(max(left[0], 0), RATIO * max(entry.compress_size, 100)):
                    member = archive.read(entry)
                    yield _stripped(member) if is_office else member
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError):
        return
