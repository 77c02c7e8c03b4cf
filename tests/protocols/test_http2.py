"""HTTP/2: streams become rows, whole, cut, crowded and noisy."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.five_tuple import FiveTuple, Side
from quivive.protocols import http2
from quivive.protocols.http2 import PREFACE, Http2

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER
ENDS = FiveTuple("10.0.0.1", 50_000, "192.0.2.80", 80, 6)


def frame(kind, stream, body=b"", flags=0):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def field(name, value):
    """A field that is not remembered, with its name (RFC 7541, 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


ASK = b"\x83\x87" + field(b":path", b"/in?password=x1") + field(b":authority", b"www.example.com")  # POST, https
ANSWER = b"\x88" + field(b"content-type", b"text/plain")  # :status 200
HELLO = PREFACE + frame(4, 0, bytes.fromhex("0001 00001000 0003 00000064"))
REQUEST = HELLO + frame(1, 1, ASK, 0x04) + frame(0, 1, b"data", 0x01)
RESPONSE = frame(4, 0) + frame(1, 1, ANSWER, 0x04) + frame(0, 1, b"\x02hello\0\0", 0x08) + frame(0, 1, b"", 0x01)

ROW = {
    "ts_ns": 5,
    "trans_depth": 1,
    "method": "POST",
    "host": "www.example.com",
    "uri": "/in?password=***",
    "url": "https://www.example.com/in?password=***",
    "version": "2",
    "request_body_bytes": 4,
    "is_request_whole": True,
    "status_code": 200,
    "response_ts_ns": 5,
    "content_type": "text/plain",
    "response_body_bytes": 5,
    "is_response_whole": True,
}


def hear(parser, *turns, is_strict=True):
    """Give turns to a parser as the engine would; returns its rows."""
    rows = []
    for side, said in turns:
        cursor = Cursor(said, whole=False, ts_ns=5)
        try:
            while cursor.at < cursor.stop and not cursor.is_done:
                rows += parser.parse(cursor, side)
                if cursor.skipping:
                    break
        except NeedMoreData:
            continue
        except Malformed:
            if is_strict:
                raise
    return [(table.name, values) for table, values in (*rows, *parser.close())]


def test_stream_becomes_one_row_and_its_secret_is_masked():
    rows = hear(Http2(Flow(0, ENDS)), (ORIG, REQUEST), (RESP, RESPONSE))
    http = [values for name, values in rows if name == "http"]
    assert http == [ROW]
    assert "x1" not in repr(rows)


def test_log_in_is_told_without_its_secret():
    basic = b"Basic " + base64.b64encode(b"ann:secret9")
    asked = HELLO + frame(1, 1, b"\x82\x86\x84" + field(b"authorization", basic), 0x05)
    rows = hear(Http2(Flow(0, ENDS)), (ORIG, asked), (RESP, frame(1, 1, b"\x88", 0x05)))
    (row,) = [values for name, values in rows if name == "credentials"]
    assert (row["user"], row["login_method"], row["is_accepted"]) == ("ann", "Basic", True)
    assert "secret9" not in repr(rows)


def test_header_list_goes_on_in_other_frames():
    parts = frame(1, 1, ASK[:4], 0x01) + frame(9, 1, ASK[4:9]) + frame(9, 1, ASK[9:], 0x04)
    rows = hear(Http2(Flow(0, ENDS)), (ORIG, HELLO + parts), (RESP, frame(1, 1, ANSWER, 0x05)))
    assert [
        (values["method"], values["status_code"], values["is_request_whole"])
        for _, values in rows
        if "method" in values
    ] == [("POST", 200, True)]


def test_promised_stream_is_a_request_of_the_client():
    pushed = frame(5, 1, bytes.fromhex("00000002") + b"\x82\x86\x84", 0x04) + frame(1, 2, b"\x88", 0x05)
    rows = hear(Http2(Flow(0, ENDS)), (ORIG, REQUEST), (RESP, pushed))
    assert [(values["trans_depth"], values.get("status_code")) for name, values in rows if name == "http"] == [
        (2, 200),
        (1, None),
    ]


def test_reset_stream_is_told_as_not_whole():
    rows = hear(Http2(Flow(0, ENDS)), (ORIG, HELLO + frame(1, 1, ASK, 0x04) + frame(3, 1, b"\0\0\0\x08")))
    assert [values["is_request_whole"] for name, values in rows if name == "http"] == [False]


def test_answer_to_an_upgraded_request_knows_what_was_asked():
    parser = Http2(Flow(0, ENDS, ("http1",), {"host": "www.example.com", "path": "/a"}))
    rows = hear(parser, (RESP, frame(4, 0) + frame(1, 1, b"\x88", 0x05)))
    assert [(values["host"], values["uri"], values["status_code"]) for _, values in rows] == [
        ("www.example.com", "/a", 200)
    ]


def test_header_list_that_cannot_be_read_is_told_once():
    asked = HELLO + frame(1, 1, b"\xbe", 0x05) + frame(1, 3, b"\x82", 0x05)
    rows = hear(Http2(Flow(0, ENDS)), (ORIG, asked))
    assert [values["anomaly"] for name, values in rows if name == "anomalies"] == ["header list that cannot be read"]


def test_missing_bytes_end_a_side():
    parser = Http2(Flow(0, ENDS))
    parser.missed(RESP, 100)
    rows = hear(parser, (ORIG, REQUEST), (RESP, RESPONSE))
    assert [values.get("status_code") for name, values in rows if name == "http"] == [None]


def test_no_more_streams_are_open_than_the_bound(monkeypatch):
    monkeypatch.setattr(http2, "STREAMS", 2)
    parser = Http2(Flow(0, ENDS))
    hear(parser, (ORIG, HELLO + b"".join(frame(1, n, b"\x82\x86\x84", 0x04) for n in (1, 3, 5))))
    assert sorted(parser.streams) == [3, 5]


@pytest.mark.parametrize(
    "odd", [frame(1, 1, b"\x09abc", 0x0C), frame(1, 1, b"abc", 0x24), b"PRI * HTTP/3.0" + bytes(20)]
)
def test_frame_that_cannot_be_is_refused(odd):
    with pytest.raises(Malformed):
        hear(Http2(Flow(0, ENDS)), (ORIG, odd))


def test_header_block_beyond_the_bound_is_refused():
    body = b"a" * 0xFFFF
    with pytest.raises(Malformed):
        hear(Http2(Flow(0, ENDS)), (ORIG, HELLO + frame(1, 1, body) + frame(9, 1, body) + frame(9, 1, b"aaa")))


def test_preface_is_sure_and_nothing_else_is():
    assert Http2.probe(PREFACE, ORIG) is Match.YES
    assert Http2.probe(b"PRINT", ORIG) is Match.NO


@pytest.mark.parametrize("side", [ORIG, RESP])
def test_cut_anywhere_it_asks_for_more_or_says_less(side):
    said = REQUEST if side is ORIG else RESPONSE
    for stop in range(len(said)):
        turns = [(ORIG, said[:stop])] if side is ORIG else [(ORIG, REQUEST), (RESP, said[:stop])]
        assert all(values.get("status_code") in (None, 200) for _, values in hear(Http2(Flow(0, ENDS)), *turns))


@given(st.binary(max_size=60), st.integers(0, len(REQUEST)))
def test_noise_raises_nothing_but_what_parsers_may(noise, at):
    said = REQUEST[:at] + noise + REQUEST[at:]
    try:
        hear(Http2(Flow(0, ENDS)), (ORIG, said), (RESP, noise + RESPONSE), is_strict=False)
    except DissectError:
        pass
