"""Where an HTTP/1 body ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.messages.http.body import (
    MAX_CHUNK_LINE,
    BodyUntilClose,
    ChunkedBody,
    SizedBody,
    framing_of_request,
    framing_of_response,
)
from quivive.model.errors import Malformed, NeedMoreData

CHUNKED = (
    b"4;name=value\r\n" b"Wiki\r\n"
    b"00005\r\n" b"pedia\r\n"
    b"0\r\n"
    b"Expires: now\r\n"  # a trailer field
    b"\r\n"
)  # fmt: skip


def read_all(body, payload, chunk):
    """Return how many bytes the body took, and whether it ended; what is skipped is dropped as the engine does."""
    pending, taken, skipping = b"", 0, 0
    for at in range(0, len(payload), chunk):
        said = payload[at : at + chunk]
        drop = min(skipping, len(said))
        skipping, taken, pending = skipping - drop, taken + drop, pending + said[drop:]
        while pending:
            cursor = Cursor(pending, whole=False)
            try:
                has_ended = body.read(cursor)
            except NeedMoreData:
                break
            assert cursor.at or cursor.skipping
            pending, skipping, taken = pending[cursor.at :], cursor.skipping, taken + cursor.at
            if has_ended:
                return taken, True
    return taken, False


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_sized_body_ends_with_its_last_byte(chunk):
    body = SizedBody(5)
    assert read_all(body, b"abcdeGET", chunk) == (5, True)
    assert (body.n_bytes, body.is_whole) == (5, True)


def test_sized_body_that_is_cut_short_does_not_end():
    assert read_all(SizedBody(5), b"abcd", 4) == (4, False)


def test_sized_body_takes_what_is_left_of_an_ended_stream():
    cursor = Cursor(b"abcd", whole=True)
    assert not SizedBody(5).read(cursor)
    assert cursor.left == 0


def test_gap_within_a_sized_body_leaves_its_end_known():
    body = SizedBody(5)
    assert body.missed(3) == 3
    assert read_all(body, b"deGET", 100) == (2, True)
    assert body.is_whole is False


def test_gap_beyond_a_sized_body_ends_it():
    assert SizedBody(5).missed(7) == 5


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 100])
def test_chunked_body_ends_behind_its_trailer(chunk):
    body = ChunkedBody()
    assert read_all(body, CHUNKED + b"GET", chunk) == (len(CHUNKED), True)
    assert (body.n_bytes, body.is_whole) == (9, True)


def test_chunks_may_end_in_bare_line_feeds():
    assert read_all(ChunkedBody(), b"1\na\n0\n\nGET", 100) == (7, True)


def test_blank_may_follow_a_size():
    assert read_all(ChunkedBody(), b"1 ;x\r\na\r\n0 \r\n\r\n", 100) == (15, True)


def test_response_that_announces_chunks_may_be_something_else():
    sized, _ = framing_of_response({"transfer-encoding": "chunked", "content-length": "7"})
    assert (sized.otherwise.left, sized.has_chunks) == (7, False)
    unsized, _ = framing_of_response({"transfer-encoding": "chunked"})
    assert isinstance(unsized.otherwise, BodyUntilClose)


def test_large_chunk_is_stepped_over():
    cursor = Cursor(b"100000\r\nabc", whole=False)
    assert not ChunkedBody().read(cursor)
    assert (cursor.left, cursor.skipping) == (0, 0x100000 - 3)


@pytest.mark.parametrize("payload", [
    b"x\r\n",
    b"\r\n",
    b"-1\r\n",
    b"0x1\r\n",
    b"1\r\nab\r\n",  # longer than its size
    b"1" * 16 + b"\r\n",
    b"1x\r\n",
    b"1" * MAX_CHUNK_LINE,
])  # fmt: skip
def test_broken_chunk_is_malformed(payload):
    body, cursor = ChunkedBody(), Cursor(payload, whole=False)
    with pytest.raises(Malformed):
        body.read(cursor)


def test_chunk_size_of_as_many_digits_as_are_believed_is_read():
    body = ChunkedBody()
    body.read(Cursor(b"0" * 9 + b"f" * 15 + b"\r\n", whole=False))
    assert body.n_bytes == 0xFFFFFFFFFFFFFFF


def test_chunked_body_cannot_bridge_a_gap():
    body = ChunkedBody()
    assert body.missed(1) == 0
    assert body.is_whole is False


def test_body_until_close_counts_and_never_ends():
    body = BodyUntilClose()
    assert read_all(body, b"abcdef", 4) == (6, False)
    assert (body.n_bytes, body.is_whole) == (6, None)
    assert body.missed(9) == 9
    assert body.is_whole is False


def described(framing):
    body, anomaly = framing
    return type(body).__name__, getattr(body, "left", None), anomaly


@pytest.mark.parametrize(("headers", "request_body", "response_body"), [
    ({}, ("NoneType", None, ""), ("BodyUntilClose", None, "")),
    ({"content-length": "7"}, ("SizedBody", 7, ""), ("SizedBody", 7, "")),
    ({"content-length": "0"}, ("NoneType", None, ""), ("NoneType", None, "")),
    ({"content-length": "7, 7"}, ("SizedBody", 7, ""), ("SizedBody", 7, "")),
    (
        {"content-length": "7, 8"},
        ("SizedBody", 7, "content lengths conflict"),
        ("SizedBody", 7, "content lengths conflict"),
    ),
    (
        {"content-length": "+7"},
        ("NoneType", None, "content length is not a number"),
        ("BodyUntilClose", None, "content length is not a number"),
    ),
    (
        {"content-length": "9" * 16},
        ("NoneType", None, "content length is not a number"),
        ("BodyUntilClose", None, "content length is not a number"),
    ),
    ({"content-length": "0" * 5000 + "9" * 15}, ("SizedBody", 10**15 - 1, ""), ("SizedBody", 10**15 - 1, "")),
    ({"transfer-encoding": "gzip, Chunked"}, ("ChunkedBody", None, ""), ("ChunkedBody", None, "")),
    (
        {"transfer-encoding": "chunked", "content-length": "7"},
        ("ChunkedBody", None, "both transfer encoding and content length"),
        ("ChunkedBody", None, "both transfer encoding and content length"),
    ),
    (
        {"transfer-encoding": "gzip"},
        ("NoneType", None, "transfer encoding does not end in chunked"),
        ("BodyUntilClose", None, "transfer encoding does not end in chunked"),
    ),
    ({"transfer-encoding": "identity", "content-length": "7"}, ("SizedBody", 7, ""), ("SizedBody", 7, "")),
])  # fmt: skip
def test_framing_follows_the_order_of_the_rfc(headers, request_body, response_body):
    assert described(framing_of_request(headers)) == request_body
    assert described(framing_of_response(headers)) == response_body


@given(noise=st.binary(max_size=60), at=st.integers(0, len(CHUNKED)), chunk=st.integers(1, 30))
def test_noise_in_chunks_is_read_alike_in_every_cut(noise, at, chunk):
    payload = CHUNKED[:at] + noise + CHUNKED[at:]
    outcomes = []
    for size in (chunk, len(payload)):
        try:
            body = ChunkedBody()
            outcomes.append((read_all(body, payload, size), body.n_bytes))
        except Malformed as error:
            outcomes.append(error.reason)
    assert outcomes[0] == outcomes[1]
