"""Kernels that read heads of HTTP/1 messages as browsers and servers write them (RFC 9112, 2 to 5).

They fill a column of cells, one row per slot: text as spans of the payload, numbers as they are, ABSENT for the rest.
Lines end in CR LF and hold printable ASCII only, a field that matters stands once, its name is followed by its colon:
any other head is refused, and read by head.py. One that is as usual as far as it goes, but not all there, is CUT.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span, span_size, span_start
from quivive.messages.http.head import MAX_HEAD_BYTES, MAX_HEADER_FIELDS
from quivive.messages.http.secret_kernels import CASE, Bytes, Int, Numbers, Words, holds, may_hold_secret
from quivive.model.limits import TEXT_BYTES

TEXTS = (
    *("uri", "status_text", "host", "user_agent", "http_origin", "request_content_type", "soap_action", "as2_from"),
    *("as2_to", "referrer", "content_type", "response_server", "content_encoding", "transfer_encoding"),
    *("content_range", "upgrade", "location", "method"),
)
"""Slots that are text of the payload and go to the column of the same name."""

SLOTS = (
    *TEXTS,
    *("ts_ns", "response_ts_ns", "flow_id", "trans_depth", "info_code", "version", "status_code", "url", "has_cookie"),
    *("request_body_bytes", "response_body_bytes", "request_length", "request_coding", "response_length"),
    *("disposition", "head_rank", "is_request_whole", "is_response_whole"),
)
SLOT = {name: np.int64(number) for number, name in enumerate(SLOTS)}
URI, STATUS_TEXT, METHOD, VERSION, STATUS_CODE, INFO_CODE, REFERRER, LOCATION, HAS_COOKIE = (
    SLOT[name]
    for name in (
        *("uri", "status_text", "method", "version", "status_code", "info_code", "referrer", "location", "has_cookie"),
    )
)

UNKNOWN, REFUSED = np.int64(-1), np.int64(-2)
"""What a name is that stands for no slot."""

CUT = np.int64(-2)
"""Where a line or a head ends of which not all is there."""

SLOT_OF_REQUEST = {
    "host": SLOT["host"],
    "user-agent": SLOT["user_agent"],
    "origin": SLOT["http_origin"],
    "content-type": SLOT["request_content_type"],
    "soapaction": SLOT["soap_action"],
    "as2-from": SLOT["as2_from"],
    "as2-to": SLOT["as2_to"],
    "referer": REFERRER,
    "cookie": HAS_COOKIE,
    "content-length": SLOT["request_length"],
    "transfer-encoding": SLOT["request_coding"],
}

SLOT_OF_RESPONSE = {
    "content-type": SLOT["content_type"],
    "server": SLOT["response_server"],
    "content-encoding": SLOT["content_encoding"],
    "transfer-encoding": SLOT["transfer_encoding"],
    "content-range": SLOT["content_range"],
    "upgrade": SLOT["upgrade"],
    "location": LOCATION,
    "set-cookie": HAS_COOKIE,
    "content-disposition": SLOT["disposition"],
    "content-length": SLOT["response_length"],
}

VERSIONS = ("1.0", "1.1")

SPACE, CR, LF, COLON, ZERO = (np.int64(byte) for byte in b" \r\n:0")
ONE = np.uint64(1)
HTTP_1, CONNECT, BLANK = (np.frombuffer(word, np.uint8) for word in (b"HTTP/1.", b"CONNECT", b" "))
VERSION_BYTES = np.int64(HTTP_1.size + 1)
FIRST_INTERIM, FIRST_FINAL, SWITCHING = np.int64(100), np.int64(200), np.int64(101)
MAX_NAME = np.int64(32)
"""Bytes of the longest name that is known."""


class Names(NamedTuple):
    """Names to look up, by size, in either case.

    text: uint8 (n, MAX_NAME)   slot: int64 (n,)   first: int64 (MAX_NAME + 2,) where the names of each size begin
    """

    text: NDArray[np.uint8]
    slot: Numbers
    first: Numbers


class Tables(NamedTuple):
    """What the kernels look things up in."""

    request_fields: Names
    response_fields: Names
    interim_fields: Names
    secrets: Words


def names_of(slots: dict[str, np.int64], refused: Iterable[str] = ()) -> Names:
    """Return a table of names; those refused make a head one that is left to the parser."""
    known = sorted((slots | dict.fromkeys(refused, REFUSED)).items(), key=lambda name: len(name[0]))
    text = np.zeros((len(known), int(MAX_NAME)), np.uint8)
    for k, (name, _) in enumerate(known):
        text[k, : len(name)] = np.frombuffer(name.encode(), np.uint8) | CASE
    first = np.searchsorted([len(name) for name, _ in known], np.arange(MAX_NAME + 2))
    return Names(text, np.array([slot for _, slot in known], np.int64), first.astype(np.int64))


@kernel
def slot_of(data: Bytes, at: Int, n_bytes: Int, names: Names) -> Int:
    """Return the slot of a name, UNKNOWN for any other."""
    if n_bytes > MAX_NAME:
        return UNKNOWN
    for k in range(names.first[n_bytes], names.first[n_bytes + 1]):
        at_byte = np.int64(0)
        while at_byte < n_bytes and data[at + at_byte] | CASE == names.text[k, at_byte]:
            at_byte += 1
        if at_byte == n_bytes:
            return names.slot[k]
    return UNKNOWN


@kernel
def line_end(data: Bytes, at: Int, stop: Int) -> Int:
    """Return where the CR LF of a line stands, CUT where it is not there yet, -1 where another byte is in its way."""
    k, end = np.uint64(at), np.uint64(stop)
    while k < end and 0x20 <= data[k] < 0x7F:
        k += ONE
    if k == end or (data[k] == CR and k + ONE == end):
        return CUT
    return np.int64(k) if data[k] == CR and data[k + ONE] == LF else np.int64(-1)


@kernel
def is_letter(byte: Int) -> bool:
    """Return whether a byte is a letter."""
    return 0x61 <= byte | CASE <= 0x7A


@kernel
def is_of_name(byte: Int) -> bool:
    """Return whether a byte may stand in the name of a method."""
    return is_letter(byte) or 0x30 <= byte <= 0x39 or byte == 0x5F or byte == 0x2D or byte == 0x2E


@kernel
def trimmed(data: Bytes, at: Int, stop: Int) -> Int:
    """Return the span of a line's bytes without the spaces around them."""
    while at < stop and data[at] == SPACE:
        at += 1
    while at < stop and data[stop - 1] == SPACE:
        stop -= 1
    return span(at, stop - at)


@kernel
def begins_with_version(data: Bytes, at: Int, stop: Int) -> bool:
    """Return whether HTTP/1.0 or HTTP/1.1 stands at a byte."""
    if stop - at < VERSION_BYTES:
        return False
    for k in range(HTTP_1.size):
        if data[at + k] != HTTP_1[k]:
            return False
    return data[at + VERSION_BYTES - 1] == ZERO or data[at + VERSION_BYTES - 1] == ZERO + 1


@kernel
def read_request_line(data: Bytes, at: Int, end: Int, tables: Tables, cell: Numbers, k: Int) -> bool:
    """Read method, target and version; the answer's version will take its place."""
    method_end, version_at = at, end - VERSION_BYTES
    while method_end < version_at and is_of_name(data[method_end]):
        method_end += 1
    if method_end + 2 >= version_at or data[method_end] != SPACE or data[version_at - 1] != SPACE:
        return False
    target = trimmed(data, method_end, version_at)
    uri_at = span_start(target)
    uri_end = uri_at + span_size(target)
    is_usual = is_letter(data[at]) and method_end - at <= MAX_NAME and not holds(data, at, method_end, CONNECT)
    if not is_usual or not 0 < uri_end - uri_at <= TEXT_BYTES or not begins_with_version(data, version_at, end):
        return False
    cell[METHOD, k], cell[URI, k] = span(at, method_end - at), target
    cell[VERSION, k] = np.int64(data[end - 1]) - ZERO
    return not holds(data, uri_at, uri_end, BLANK) and not may_hold_secret(data, uri_at, uri_end, tables.secrets)


@kernel
def read_status_line(data: Bytes, at: Int, end: Int, cell: Numbers, k: Int) -> bool:
    """Read version, code and text of an answer; of one that is not final only the code."""
    code_at = at + VERSION_BYTES + 1
    text_at = code_at + 3
    if text_at > end or not begins_with_version(data, at, end) or data[code_at - 1] != SPACE:
        return False
    status = np.int64(0)
    for digit in range(code_at, text_at):
        if not 0x30 <= data[digit] <= 0x39:
            return False
        status = status * 10 + np.int64(data[digit]) - ZERO
    text = trimmed(data, text_at, end)
    if (
        status < FIRST_INTERIM
        or status == SWITCHING
        or (text_at < end and data[text_at] != SPACE)
        or end - text_at > TEXT_BYTES
    ):
        return False
    if status < FIRST_FINAL:
        cell[INFO_CODE, k] = status
        return True
    cell[STATUS_CODE, k], cell[STATUS_TEXT, k] = status, text if span_size(text) else ABSENT
    cell[VERSION, k] = np.int64(data[at + VERSION_BYTES - 1]) - ZERO
    return True


@kernel
def read_field(data: Bytes, at: Int, end: Int, names: Names, secrets: Words, cell: Numbers, k: Int) -> bool:
    """Take up one header field; returns whether it is as usual."""
    colon = at
    while colon < end and data[colon] != COLON and data[colon] != SPACE:
        colon += 1
    if colon in (at, end) or data[colon] == SPACE:
        return False
    slot = slot_of(data, at, colon - at, names)
    if slot == HAS_COOKIE:
        cell[slot, k] = 1
        return True
    if slot < 0:
        return slot == UNKNOWN
    if cell[slot, k] != ABSENT or end - colon > TEXT_BYTES:
        return False
    cell[slot, k] = trimmed(data, colon + 1, end)
    return not (slot in (REFERRER, LOCATION) and may_hold_secret(data, colon + 1, end, secrets))


@kernel
def read_fields(data: Bytes, at: Int, stop: Int, names: Names, secrets: Words, cell: Numbers, k: Int) -> Int:
    """Read header fields up to the empty line; returns the byte behind that, CUT, or -1 where the head is refused."""
    for _ in range(MAX_HEADER_FIELDS):
        end = line_end(data, at, stop)
        if end == at:
            return end + 2
        if end < 0:
            return end
        if not read_field(data, at, end, names, secrets, cell, k):
            return np.int64(-1)
        at = end + 2
    return np.int64(-1)


@kernel
def read_request(data: Bytes, at: Int, stop: Int, tables: Tables, cell: Numbers, k: Int) -> Int:
    """Read the head of a request; returns the byte behind it, CUT, or -1 where it is refused."""
    limit = min(stop, at + MAX_HEAD_BYTES)
    end = line_end(data, at, limit)
    if end >= 0:
        is_usual = read_request_line(data, at, end, tables, cell, k)
        fields = tables.request_fields
        end = read_fields(data, end + 2, limit, fields, tables.secrets, cell, k) if is_usual else np.int64(-1)
    return np.int64(-1) if end == CUT and limit < stop else end


@kernel
def read_response(data: Bytes, at: Int, stop: Int, tables: Tables, cell: Numbers, k: Int) -> Int:
    """Read the head of a response; returns the byte behind it, CUT, or -1 where it is refused.

    Without a status code thereafter it was an interim one.
    """
    limit = min(stop, at + MAX_HEAD_BYTES)
    end = line_end(data, at, limit)
    if end >= 0:
        is_usual = read_status_line(data, at, end, cell, k)
        fields = tables.response_fields if cell[STATUS_CODE, k] != ABSENT else tables.interim_fields
        end = read_fields(data, end + 2, limit, fields, tables.secrets, cell, k) if is_usual else np.int64(-1)
    return np.int64(-1) if end == CUT and limit < stop else end
