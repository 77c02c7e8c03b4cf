"""Heads of HTTP-like messages."""

import pytest

from quivive.kit.cursor import Cursor
from quivive.messages.http.head import MAX_HEAD_BYTES, MAX_HEADER_FIELDS, Head, file_name_of, read_head
from quivive.model.errors import Malformed, NeedMoreData


def head_of(payload, *, whole=False):
    return read_head(Cursor(payload, whole=whole))


def test_head_is_its_start_line_and_its_fields_by_lower_case_name():
    assert head_of(b"GET / HTTP/1.1\r\nHost: a.example\r\nX-Empty:\r\n\r\nbody") == Head(
        "GET / HTTP/1.1", {"host": "a.example", "x-empty": ""}, is_whole=True, is_crowded=False
    )


def test_head_ends_behind_its_empty_line():
    cursor = Cursor(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", whole=False)
    read_head(cursor)
    assert cursor.peek(9) == b"body"


@pytest.mark.parametrize("payload", [b"A\nB: 1\n\nC", b"A\r\nB: 1\n\r\nC", b"A\nB: 1\r\n\nC"])
def test_bare_line_feeds_end_lines_too(payload):
    cursor = Cursor(payload, whole=False)
    assert read_head(cursor)[:2] == ("A", {"b": "1"})
    assert cursor.peek(9) == b"C"


def test_repeated_fields_are_joined():
    assert head_of(b"A\r\nVia: 1.0 x\r\nvia: 1.1 y\r\n\r\n").headers == {"via": "1.0 x, 1.1 y"}


def test_folded_line_belongs_to_the_field_before_it():
    assert head_of(b"A\r\nB: 1\r\n  2\r\n\t3\r\nC: 4\r\n\r\n").headers == {"b": "1 2 3", "c": "4"}


def test_blank_before_the_colon_is_not_of_the_name():
    assert head_of(b"A\r\nHost : a\r\nPath\t: b\r\n\r\n").headers == {"host": "a", "path": "b"}


def test_bytes_that_are_no_utf8_stay_visible():
    assert head_of(b"A\r\nB: \xc3\xa9 \xff\r\n\r\n").headers == {"b": "\u00e9 \\xff"}


def test_head_without_empty_line_asks_for_more():
    for size in range(len(b"A\r\nB: 1\r\n\r")):
        with pytest.raises(NeedMoreData):
            head_of(b"A\r\nB: 1\r\n\r"[:size])


def test_at_the_end_of_the_stream_what_is_there_is_taken():
    assert head_of(b"A\r\nB: 1\r\nC: 2", whole=True) == Head("A", {"b": "1", "c": "2"}, False, False)


def test_head_that_never_ends_is_malformed():
    with pytest.raises(NeedMoreData):
        head_of(b"A" * (MAX_HEAD_BYTES - 1))
    with pytest.raises(Malformed):
        head_of(b"A" * MAX_HEAD_BYTES)


def test_fields_beyond_the_limit_are_left_out_and_that_is_said():
    fields = [b"X-%d: y\r\n" % n for n in range(MAX_HEADER_FIELDS + 1)]
    full = head_of(b"A\r\n" + b"".join(fields[:-2]) + b"Y: z\r\n\r\n")
    assert (len(full.headers), full.is_crowded) == (MAX_HEADER_FIELDS, False)
    crowded = head_of(b"A\r\n" + b"".join(fields) + b"\r\n")
    assert (len(crowded.headers), crowded.is_crowded) == (MAX_HEADER_FIELDS, True)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=a.pdf", "a.pdf"),
        ('attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'),
        ("attachment; filename=\"a.pdf\"; filename*=UTF-8''%e2%82%ac.pdf", "\u20ac.pdf"),
        ("attachment; filename*=iso-8859-1'en'%A3.txt", "\u00a3.txt"),
        ("attachment; FileName = a.b ; size=3", "a.b"),
        ("inline", None),
        ("attachment; xfilename=a", None),
    ],
)
def test_file_name_is_read_from_content_disposition(disposition, name):
    assert file_name_of(disposition) == name
