"""Where bodies end: the kernels against http_body.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span
from quivive.kit.cursor import Cursor
from quivive.kit.http_body import ChunkedBody
from quivive.kit.http_body_kernels import REFUSED, body_end, chunks_end, decimal
from quivive.model.errors import DissectError

NOTHING = np.int64(ABSENT)


def chunks(text):
    data = np.frombuffer(text, np.uint8)
    return tuple(map(int, chunks_end(data, np.int64(0), np.int64(data.size))))


def number(text):
    data = np.frombuffer(text or b"x", np.uint8)
    return int(decimal(data, span(np.int64(0), np.int64(len(text)))))


CHUNKS = b"5\r\nhello\r\n00A\r\n0123456789\r\n0\r\n\r\n"


def test_chunks_end_behind_the_empty_line():
    assert chunks(CHUNKS + b"HTTP/1.1") == (len(CHUNKS), 15)


@pytest.mark.parametrize("size", range(len(CHUNKS)))
def test_chunks_that_are_not_all_there_are_refused(size):
    assert chunks(CHUNKS[:size])[0] == REFUSED


@pytest.mark.parametrize(
    "odd",
    [
        b"5;a=b\r\nhello\r\n0\r\n\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"1\nx\n0\n\n",
        b"x",
        b"1" * 16 + b"\r\n",
        b"\r\n",
        b"2\r\nxyz",
    ],
)
def test_chunks_written_otherwise_are_refused(odd):
    assert chunks(odd)[0] == REFUSED


PARTS = st.sampled_from(
    [b"0", b"1", b"a", b"F", b"x", b"\r\n", b"\r", b"\n", b" ", b";", b"5\r\nhello\r\n", b"0\r\n\r\n"]
)


@given(st.lists(PARTS, max_size=9).map(b"".join))
def test_chunks_that_are_taken_end_where_the_parser_ends_them(text):
    end, n_bytes = chunks(text)
    if end != REFUSED:
        body, cursor = ChunkedBody(), Cursor(text, whole=False)
        assert body.read(cursor)
        assert (cursor.at, body.n_bytes) == (end, n_bytes)


@given(st.lists(PARTS, max_size=9).map(b"".join))
def test_the_parser_takes_all_that_the_kernel_takes(text):
    try:
        has_ended = ChunkedBody().read(Cursor(text, whole=False))
    except DissectError:
        has_ended = False
    assert has_ended or chunks(text)[0] == REFUSED


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"0", 0),
        (b"0042", 42),
        (b"9" * 15, 10**15 - 1),
        (b"9" * 16, -1),
        (b"", -1),
        (b"4x", -1),
        (b"+4", -1),
        (b"4, 4", -1),
    ],
)
def test_lengths_are_decimal(text, value):
    assert number(text) == value


def ends(length=b"", coding=b"", body=b""):
    data = np.frombuffer(length + coding + body, np.uint8)
    spans = [
        span(np.int64(at), np.int64(len(text))) if text else NOTHING
        for at, text in ((0, length), (len(length), coding))
    ]
    at = len(length) + len(coding)
    end, n_bytes = body_end(data, np.int64(at), np.int64(data.size), *spans)
    return int(end) - at if end != REFUSED else REFUSED, int(n_bytes)


def test_framing_is_that_of_the_fields():
    assert ends() == (0, 0)
    assert ends(length=b"12", body=b"abc") == (12, 12)
    assert ends(coding=b"Chunked", body=CHUNKS) == (len(CHUNKS), 15)
    assert ends(coding=b"gzip, chunked", body=CHUNKS)[0] == REFUSED
    assert ends(length=b"5", coding=b"chunked", body=CHUNKS)[0] == REFUSED
    assert ends(length=b"x")[0] == REFUSED
