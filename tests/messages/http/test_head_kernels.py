"""Heads as the kernels read them, against head.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.text import ABSENT
from quivive.kit.cursor import Cursor
from quivive.messages.http.head import MAX_HEAD_BYTES, MAX_HEADER_FIELDS, read_head
from quivive.messages.http.head_kernels import (
    CUT,
    REFUSED,
    SLOT,
    SLOT_OF_REQUEST,
    SLOT_OF_RESPONSE,
    SLOTS,
    TEXTS,
    UNKNOWN,
    line_end,
    names_of,
    read_request,
    read_response,
    slot_of,
)
from quivive.messages.http.lane import TABLES
from quivive.model.limits import TEXT_BYTES

REQUEST = b"GET /a HTTP/1.1\r\nhost: example.org \r\nUSER-AGENT:curl\r\nCookie: a\r\nCookie: b\r\nX: y\r\n\r\n"
RESPONSE = b"HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\nContent-Length:  5\r\nServer:\r\n\r\n"


def read(kernel, head, behind=b"behind"):
    """Return where a head ends and what it tells."""
    data = np.frombuffer(head + behind, np.uint8)
    cell = np.full((len(SLOTS), 1), ABSENT, np.int64)
    end = int(kernel(data, np.int64(0), np.int64(data.size), TABLES, cell, np.int64(0)))
    told = {name: int(cell[SLOT[name], 0]) for name in SLOTS if cell[SLOT[name], 0] != ABSENT}
    texts = (*TEXTS, "request_length", "response_length")
    return end, {
        name: (head + behind)[value >> 16 : (value >> 16) + (value & 0xFFFF)].decode() if name in texts else value
        for name, value in told.items()
    }


def test_a_request_tells_what_its_fields_say():
    told = {"method": "GET", "uri": "/a", "host": "example.org", "user_agent": "curl", "has_cookie": 1, "version": 1}
    assert read(read_request, REQUEST) == (len(REQUEST), told)


def test_a_response_tells_what_its_fields_say():
    told = {"version": 0, "status_code": 404, "status_text": "Not Found"}
    told |= {"content_type": "text/html", "response_length": "5", "response_server": ""}
    assert read(read_response, RESPONSE) == (len(RESPONSE), told)


def test_an_interim_response_tells_its_code_only():
    assert read(read_response, b"HTTP/1.1 103 Early Hints\r\nServer: x\r\n\r\n") == (39, {"info_code": 103})


@pytest.mark.parametrize(("kernel", "head"), [(read_request, REQUEST), (read_response, RESPONSE)])
def test_a_head_that_is_not_all_there_is_cut(kernel, head):
    for size in range(len(head)):
        assert read(kernel, head[:size], b"")[0] == CUT


@pytest.mark.parametrize(("kernel", "head"), [(read_request, REQUEST), (read_response, RESPONSE)])
def test_a_head_longer_than_any_is_refused_though_not_all_of_it_is_there(kernel, head):
    fields = head[:-2] + (b"a: " + b"b" * 5_000 + b"\r\n") * (MAX_HEAD_BYTES // 5_000)
    assert read(kernel, fields, b"")[0] == CUT
    assert read(kernel, fields + b"a: " + b"b" * 5_000, b"")[0] == -1


@pytest.mark.parametrize("byte", [0x00, 0x09, 0x1F, 0x7F, 0x80, 0xFF, 0x0A, 0x0D])
def test_a_line_ends_in_its_line_break_or_is_refused(byte):
    data = np.frombuffer(b"ab\r\nc" + bytes([byte]) + b"\r\n", np.uint8)
    assert line_end(data, np.int64(0), np.int64(8)) == 2
    assert line_end(data, np.int64(0), np.int64(3)) == CUT
    assert line_end(data, np.int64(0), np.int64(2)) == CUT
    assert line_end(data, np.int64(4), np.int64(8)) == -1


@pytest.mark.parametrize(("n_fields", "is_taken"), [(MAX_HEADER_FIELDS - 1, True), (MAX_HEADER_FIELDS, False)])
def test_a_crowded_head_is_refused(n_fields, is_taken):
    head = b"GET /a HTTP/1.1\r\n" + b"a: b\r\n" * n_fields + b"\r\n"
    assert (read(read_request, head)[0] == len(head)) is is_taken


def test_a_value_too_long_for_the_table_is_refused():
    head = b"GET /a HTTP/1.1\r\nOrigin: %b\r\n\r\n"
    assert read(read_request, head % (b"a" * (TEXT_BYTES - 8)))[0] > 0
    assert read(read_request, head % (b"a" * (TEXT_BYTES + 1)))[0] == -1


def test_names_are_known_in_either_case():
    names = names_of({"host": np.int64(3), "date": np.int64(4)}, ["via"])
    for name, slot in ((b"HoSt", 3), (b"DATE", 4), (b"Via", REFUSED), (b"x", UNKNOWN), (b"hosts", UNKNOWN)):
        data = np.frombuffer(name, np.uint8)
        assert slot_of(data, np.int64(0), np.int64(data.size), names) == slot
    long = np.frombuffer(b"x" * 40, np.uint8)
    assert slot_of(long, np.int64(0), np.int64(40), names) == UNKNOWN


NAMES = st.sampled_from(["Host", "User-Agent", "REFERER", "Server", "Content-Type", "X", "Location", "Odd name", "Via"])
FIELDS = st.dictionaries(NAMES, st.text("ab1 :/=,;\u00e9\t", max_size=6), max_size=5)


@given(FIELDS, st.sampled_from([read_request, read_response]))
def test_what_is_taken_is_what_read_head_reads(fields, kernel):
    start = "GET /a HTTP/1.1" if kernel is read_request else "HTTP/1.1 200 OK"
    head = (
        f"{start}\r\n{''.join(f'{name}: {value}' + chr(13) + chr(10) for name, value in fields.items())}\r\n".encode()
    )
    end, told = read(kernel, head)
    if end < 0:
        return
    cursor = Cursor(head, whole=False)
    headers = read_head(cursor).headers
    assert end == cursor.at == len(head)
    for name, slot in (SLOT_OF_REQUEST if kernel is read_request else SLOT_OF_RESPONSE).items():
        assert told.get(SLOTS[slot]) == headers.get(name)
