"""Heads of HTTP-like messages: a start line, header fields, an empty line (RFC 9112, 2 to 5; RFC 5322, 2.2)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from quivive.kit.cursor import Cursor
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.limits import LINE_BYTES, TEXT_BYTES

MAX_HEAD_BYTES = LINE_BYTES
"""Servers refuse heads of more than 8 to 64 KB."""

MAX_HEADER_FIELDS = 256
"""Servers refuse more than 100 fields; a field repeated thousands of times would be joined at quadratic cost."""

SPACED_NAME = re.compile(r"^([^\s:]+)[ \t]+:", re.MULTILINE)
EMPTY_LINE = re.compile(rb"\n\r?\n")
FOLD = re.compile(r"\r?\n[ \t]+")

FILE_NAME = re.compile(r"""(?:^|[;\s])filename(\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))""", re.IGNORECASE)


class Head(NamedTuple):
    """The head of one message.

    start:      its first line
    headers:    value by field name in lower case; repeated fields are joined by a comma (RFC 9110, 5.3)
    is_whole:   whether the empty line was there
    is_crowded: whether fields beyond MAX_HEADER_FIELDS were left out
    """

    start: str
    headers: dict[str, str]
    is_whole: bool
    is_crowded: bool


def read_head(cursor: Cursor) -> Head:
    """Read a head and its empty line; at the end of a stream what there is of it.

    Lines may end in a bare LF, as real servers and evaders write them (RFC 9112, 2.2).
    """
    raw, is_whole = _until_empty_line(cursor)
    start, _, fields = raw.decode("utf-8", "backslashreplace").partition("\n")
    headers, is_crowded = _fields(fields)
    names = "".join(headers)
    if " " in names or "\t" in names:
        # Folded lines (RFC 9112, 5.2) and blanks before the colon, which 5.1 forbids and some servers take.
        headers, is_crowded = _fields(SPACED_NAME.sub(r"\1:", FOLD.sub(" ", fields)))
    return Head(start.strip(), headers, is_whole, is_crowded)


def _fields(text: str) -> tuple[dict[str, str], bool]:
    lines = text.split("\n", MAX_HEADER_FIELDS)
    headers: dict[str, str] = {}
    for line in lines[:MAX_HEADER_FIELDS]:
        name, _, value = line.partition(":")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return headers, len(lines) > MAX_HEADER_FIELDS


def _until_empty_line(cursor: Cursor) -> tuple[bytes, bool]:
    at = cursor.at
    stop = min(cursor.stop, at + MAX_HEAD_BYTES)
    empty = EMPTY_LINE.search(cursor.payload, at, stop)
    if empty:
        cursor.at = empty.end()
        return cursor.payload[at : empty.start()], True
    if stop - at == MAX_HEAD_BYTES:
        raise Malformed(f"head is longer than {MAX_HEAD_BYTES} bytes", at)
    if not cursor.whole:
        raise NeedMoreData
    cursor.at = stop
    return cursor.payload[at:stop], False


def file_name_of(disposition: str) -> str | None:
    """Return the file name in a Content-Disposition; the extended form wins (RFC 6266, 4.3)."""
    name = None
    for is_extended, quoted, plain in FILE_NAME.findall(disposition[:TEXT_BYTES]):
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        if is_extended:
            charset, _, encoded = value.partition("'")
            encoding = "latin-1" if charset.lower() == "iso-8859-1" else "utf-8"
            return unquote(encoded.partition("'")[2], encoding, "backslashreplace")
        name = name or value
    return name
