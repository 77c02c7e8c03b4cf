"""Where bodies end: the kernels against body.py."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span
from quivive.kit.cursor import Cursor
from quivive.messages.http.body import ChunkedBody
from quivive.messages.http.body_kernels import CUT, PAUSED, REFUSED, body_end, chunks_end, decimal
from quivive.model.errors import DissectError, NeedMoreData

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


def test_chunks_that_are_not_all_there_are_paused_where_nothing_waits_to_be_read():
    found = {CUT: [], PAUSED: []}
    for size in range(len(CHUNKS)):
        found[chunks(CHUNKS[:size])[0]].append(CHUNKS[:size].removeprefix(b"5\r\nhello\r\n00A\r\n"))
    assert found[CUT][:3] == [b"5", b"5\r", b"5\r\nhello\r"]
    assert found[CUT][3:] == [b"5\r\nhello\r\n" + b"00A\r"[:k] for k in range(1, 5)] + [
        b"0123456789\r", b"0123456789\r\n0", b"0123456789\r\n0\r", b"0123456789\r\n0\r\n\r"
    ]  # fmt: skip


@given(st.sampled_from([CHUNKS, b"1\r\nx\r\n" + CHUNKS]), st.integers(0, 40))
def test_chunks_that_are_paused_are_so_in_the_parser_and_announce_as_much(text, size):
    end, n_bytes = chunks(text[:size])
    body, cursor = ChunkedBody(), Cursor(text[:size], whole=False)
    with contextlib.suppress(NeedMoreData):
        while cursor.at < size and not body.read(cursor) and not cursor.skipping:
            pass
    if end == PAUSED:
        assert cursor.skipping or cursor.at == size
        assert body.n_bytes == n_bytes
    elif end == CUT:
        assert cursor.at < size


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
    if end >= 0:
        body, cursor = ChunkedBody(), Cursor(text, whole=False)
        assert body.read(cursor)
        assert (cursor.at, body.n_bytes) == (end, n_bytes)


@given(st.lists(PARTS, max_size=9).map(b"".join))
def test_the_parser_takes_all_that_the_kernel_takes(text):
    try:
        has_ended = ChunkedBody().read(Cursor(text, whole=False))
    except DissectError:
        has_ended = False
    assert has_ended or chunks(text)[0] < 0


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
