"""The fast lane of HTTP/1: what it takes, it tells exactly as the parser does."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive import api
from quivive.kit.protocol import Taken
from quivive.model.limits import TEXT_BYTES
from quivive.protocols.http1 import TABLE, Http1
from quivive.store.arrow import batch_of
from tests.messages.http.http_conversations import FIRST_FLOW, Piece, pieces_of, present, rows_of_parse, streams_of

GET = b"GET /a?x=1 HTTP/1.1\r\nHost: www.example.org:8080\r\nUser-Agent: curl/8.5\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"


def told(streams):
    """Return what the lane does with each conversation, and the rows it makes, by flow."""
    taken, found = Http1.parse_streams(streams)
    rows = {}
    for table, columns in found:
        assert table is TABLE
        assert columns.keys() <= set(table.names)
        for row in batch_of(table, columns).to_pylist():
            row = present(row)
            assert row.pop("ts") is not None
            rows.setdefault(row["flow_id"], []).append(("http", row))
    return taken.tolist(), rows


def answer(pieces, memory=0, *, is_ended):
    """Return what the lane does with a conversation, having checked that it tells what the parser tells."""
    streams = streams_of([pieces], [memory], is_ended=is_ended)
    (taken,), rows = told(streams)
    if taken != Taken.CLEAN:
        assert not rows
        assert streams.memory.tolist() == [memory]
        return taken
    expected, is_at_rest = rows_of_parse(Http1, pieces, memory=memory)
    assert is_at_rest or is_ended
    assert rows[FIRST_FLOW] == sorted(expected, key=lambda row: row[1]["trans_depth"])
    assert streams.memory.tolist() == [memory + len(expected)]
    return taken


def answers(pieces, memory=0):
    """Return what the lane does with a conversation while the flow goes on, and where it ends there."""
    found = [answer(pieces, memory, is_ended=is_ended) for is_ended in (False, True)]
    assert found[1] != Taken.LATER
    assert found[0] == found[1] or found[0] == Taken.LATER
    return tuple(found)


def taken_like_parse(pieces, memory=0):
    """Return whether the lane takes a conversation while the flow goes on, having checked what it tells."""
    return answers(pieces, memory)[0] == Taken.CLEAN


def takes(*turns):
    return taken_like_parse(pieces_of(turns))


def test_request_and_response_become_one_row():
    (taken,), rows = told(streams_of([[Piece(0, GET, 5), Piece(1, OK, 8)]]))
    assert taken == Taken.CLEAN
    assert rows == {
        FIRST_FLOW: [
            (
                "http",
                {
                    "flow_id": FIRST_FLOW,
                    "ts_ns": 5,
                    "trans_depth": 1,
                    "method": "GET",
                    "host": "www.example.org",
                    "uri": "/a?x=1",
                    "url": "http://www.example.org:8080/a?x=1",
                    "version": "1.1",
                    "user_agent": "curl/8.5",
                    "request_body_bytes": 0,
                    "is_request_whole": True,
                    "status_code": 200,
                    "status_text": "OK",
                    "response_ts_ns": 8,
                    "content_type": "text/html",
                    "response_body_bytes": 5,
                    "is_response_whole": True,
                    "response_server": "nginx",
                },
            )
        ]
    }


def test_a_message_has_the_time_of_the_piece_it_begins_in():
    pieces = [Piece(0, GET + GET[:9], 5), Piece(0, GET[9:], 6), Piece(1, OK + OK[:30], 8), Piece(1, OK[30:], 9)]
    assert taken_like_parse(pieces)


def test_a_head_split_by_what_the_other_side_says_is_put_together():
    assert takes((0, GET + GET[:20]), (1, OK[:20]), (0, GET[20:]), (1, OK[20:] + OK))


def test_an_answer_before_its_question_is_left():
    assert not takes((0, GET + GET[:20]), (1, OK + OK), (0, GET[20:]))


def test_conversations_beside_those_left_are_taken():
    flows = [pieces_of([(0, GET), (1, said)]) for said in (OK, OK[:-1], b"", OK + b"x", OK)]
    taken, rows = told(streams_of(flows))
    assert taken == [Taken.CLEAN, Taken.LATER, Taken.LATER, Taken.NO, Taken.CLEAN]
    assert list(rows) == [FIRST_FLOW, FIRST_FLOW + 4]


def test_a_gap_is_left():
    assert not taken_like_parse([Piece(0, GET, 5), Piece(1, OK, 8, gap=10)])
    assert not taken_like_parse([Piece(0, GET, 5), Piece(1, OK, 8), Piece(0, GET, 9, gap=1), Piece(1, OK, 10)])


@pytest.mark.parametrize(
    ("size", "is_taken"), [(TEXT_BYTES - len("http://www.example.org:8080"), True), (TEXT_BYTES, False)]
)
def test_a_target_too_long_for_the_table_is_left(size, is_taken):
    assert takes((0, GET.replace(b"/a?x=1", b"/" + b"a" * (size - 1))), (1, OK)) is is_taken


USUAL = {
    "no body": (GET, b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"),
    "to HEAD": (GET.replace(b"GET", b"HEAD"), b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
    "chunked": (GET, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n00a\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n"),
    "json": (GET.replace(b"\r\n\r\n", b"\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), OK),
    "form": (GET.replace(b"\r\n\r\n", b"\r\nContent-Type: form-urlencoded\r\nContent-Length: 3\r\n\r\na=b"), OK),
    "absolute": (GET.replace(b"/a?x=1", b"http://www.example.org/?a=b"), OK),
    "spaces": (GET.replace(b"GET ", b"GET     "), OK.replace(b"Server: ", b"server:   ")),
    "interim": (GET, b"HTTP/1.1 100 Continue\r\nServer: other\r\n\r\n" + OK),
    "file": (GET, OK.replace(b"Server", b"Set-Cookie: a=b\r\nContent-Disposition: x; filename=a.txt\r\nServer")),
    "version": (GET, OK.replace(b"/1.1 200 OK", b"/1.0 200")),
    "other method": (GET.replace(b"GET", b"M-SEARCH"), OK),
}


@pytest.mark.parametrize("turns", USUAL.values(), ids=USUAL)
def test_what_is_usual_is_taken(turns):
    assert takes(*enumerate(turns))


UNUSUAL = {
    "log-in": (GET.replace(b"User-Agent", b"Authorization"), OK),
    "proxy": (GET.replace(b"User-Agent", b"Via"), OK),
    "upgrade": (GET.replace(b"User-Agent", b"Upgrade"), OK),
    "twice": (GET.replace(b"User-Agent", b"Host"), OK),
    "no host": (GET.replace(b"Host", b"Hose"), OK),
    "tunnel": (GET.replace(b"GET", b"connect"), OK),
    "secret": (GET.replace(b"x=1", b"token=1"), OK),
    "password in a form": (
        GET.replace(b"\r\n\r\n", b"\r\nContent-Type: form-urlencoded\r\nContent-Length: 4\r\n\r\npw=b"), OK
    ),
    "fold": (GET.replace(b"curl", b"\r\n curl"), OK),
    "bare line feed": (GET.replace(b"\r\n", b"\n"), OK),
    "not ASCII": (GET.replace(b"curl", b"c\xc3\xbcrl"), OK),
    "tab": (GET, OK.replace(b"nginx", b"\tnginx")),
    "0.9": (b"GET /\r\n", b"hello"),
    "both lengths": (GET, OK.replace(b"Server", b"Transfer-Encoding: chunked\r\nServer")),
    "no number": (GET, OK.replace(b": 5", b": 5x")),
    "switching": (GET, OK.replace(b"200", b"101")),
    "asks for a log-in": (GET, OK.replace(b"Server", b"WWW-Authenticate")),
    "extension": (GET, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n"),
    "nobody asked": (b"", OK),
}  # fmt: skip


@pytest.mark.parametrize("turns", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_left(turns):
    pieces = pieces_of((side, said) for side, said in enumerate(turns) if said)
    assert answers(pieces) == (Taken.NO, Taken.NO)


NO, CLEAN, LATER = Taken.NO, Taken.CLEAN, Taken.LATER
POST = GET.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n")
FORM = POST.replace(b"\r\n\r\n", b"\r\nContent-Type: form-urlencoded\r\n\r\n")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
UNFINISHED = {
    "no answer": ([(0, GET)], CLEAN),
    "no answer to the second": ([(0, GET + GET), (1, OK)], CLEAN),
    "an interim answer": ([(0, GET), (1, INTERIM)], CLEAN),
    "a body that is cut short": ([(0, GET), (1, OK[:-1])], CLEAN),
    "no byte of a body": ([(0, GET), (1, OK[:-5])], CLEAN),
    "a body that is cut short, and a request": ([(0, GET), (1, OK[:-1]), (0, GET)], CLEAN),
    "a request's body that is cut short": ([(0, POST + b"hell")], CLEAN),
    "no byte of a request's body": ([(0, POST)], CLEAN),
    "a form that is cut short": ([(0, FORM + b"a=b")], NO),
    "a head that is cut short": ([(0, GET), (1, OK[:9])], NO),
    "a request's head that is cut short": ([(0, GET), (1, OK), (0, GET[:-1])], NO),
    "no chunk": ([(0, GET), (1, CHUNKED)], CLEAN),
    "no last chunk": ([(0, GET), (1, CHUNKED + b"3\r\nabc\r\n")], CLEAN),
    "a chunk that is cut short": ([(0, GET), (1, CHUNKED + b"3\r\nabc\r\n40\r\nx")], CLEAN),
    "a chunk without an end": ([(0, GET), (1, CHUNKED + b"3\r\nabc")], CLEAN),
    "a chunk's end that is cut short": ([(0, GET), (1, CHUNKED + b"3\r\nabc\r")], NO),
    "a chunk's size that is cut short": ([(0, GET), (1, CHUNKED + b"3")], NO),
    "a last chunk that is cut short": ([(0, GET), (1, CHUNKED + b"0\r\n")], CLEAN),
    "chunks in turns": ([(0, GET), (1, CHUNKED + b"3\r\na"), (0, GET), (1, b"bc\r\n")], CLEAN),
    "until close": ([(0, GET), (1, UNTIL_CLOSE + b"hello")], CLEAN),
    "nothing until close": ([(0, GET), (1, UNTIL_CLOSE)], CLEAN),
    "until close, in turns": ([(0, GET), (1, UNTIL_CLOSE + b"hel"), (0, GET), (1, b"lo")], CLEAN),
}


@pytest.mark.parametrize(("turns", "in_the_end"), UNFINISHED.values(), ids=UNFINISHED)
def test_what_is_unfinished_is_waited_for_and_told_when_the_flow_ends(turns, in_the_end):
    assert answers(pieces_of(turns)) == (LATER, in_the_end)


def test_wherever_a_flow_ends_it_is_told_as_the_parser_tells_it():
    """Each byte of a conversation in which every kind of body occurs."""
    turns = [
        (0, GET),
        (1, INTERIM + OK),
        (0, POST + b"hello" + GET),
        (1, OK),
        (1, CHUNKED + b"a\r\n0123456789\r\n0\r\n\r\n"),
    ]
    turns += [(0, GET), (1, UNTIL_CLOSE + b"the end")]
    for k, (side, said) in enumerate(turns):
        for size in range(1, len(said) + 1):
            was, now = answers(pieces_of([*turns[:k], (side, said[:size])]))
            assert was != NO
            assert now != NO or size < len(said)


def test_a_later_batch_goes_on_counting():
    assert taken_like_parse(pieces_of([(0, GET), (1, OK)]), memory=3)
    rows, _ = rows_of_parse(Http1, pieces_of([(0, GET), (1, OK)]), memory=3)
    assert [row["trans_depth"] for _, row in rows] == [4]


USUAL_FIELDS = {
    0: [
        b"user-agent: curl/8 ", b"Accept: */*", b"Cookie: a=b", b"Origin: x", b"SOAPAction: x", b"AS2-To: x",
        b"As2-From:", b"Referer: http://a.org/?x=y", b"Content-Type: text/plain", b"Content-Type: application/json",
        b"Content-Type: application/x-www-form-urlencoded", b"Content-Type: multipart/form-data; boundary=b",
    ],
    1: [
        b"Server: a  ", b"Set-Cookie: a", b"Location: /x", b"Content-Encoding: gzip", b"Content-Range: bytes 0-1/2",
        b"Upgrade: h2c", b"ETag:", b"Content-Disposition: attachment; filename=\"a b.txt\"", b"X: " + b"x" * 300,
        b"Content-Type: text/html", b"content-type:text/plain",
    ],
}  # fmt: skip
ODD_FIELDS = [
    b"Host: other", b"Referer: http://a:b@c.org/", b"Via: x", b"Authorization: Basic YTpi", b"Upgrade: websocket",
    b"Location: /x?sid=1", b"Odd", b"WWW-Authenticate: Basic", b"Bad name: x", b"Server:\tx", b"X: \xc3\xa9", b" fold",
    b"Server: a", b"Content-Disposition: x", b"Expect: 100-continue", b"Content-Length: 5",
]  # fmt: skip
USUAL_STARTS = {
    0: [
        b"GET /a", b"POST /a?b=c@d", b"HEAD /", b"PROPFIND  /?x=http://y", b"GET http://example.org/a", b"get /?a=b:c ",
        b"GET /?x://y", b"PUT /?" + b"a" * 300,
    ],
    1: [
        b"HTTP/1.1 200 OK", b"HTTP/1.1 204 No Content", b"HTTP/1.0 304", b"HTTP/1.1 404 Not  Found ",
        b"HTTP/1.1 200  OK", b"HTTP/1.1 200 ",
    ],
}  # fmt: skip
ODD_STARTS = {
    0: [
        b"GET *", b"GET /?token=x", b"GET /a@b:c", b"GET ", b"GET /a b", b"GET /?%70w=x", b"CONNECT a:1", b"G(T /",
        b"ICY 200",
    ],
    1: [
        b"HTTP/1.1 100 Continue", b"HTTP/1.1 101 Switching", b"http/1.1 200 OK", b"HTTP/1.1 99", b"ICY 200 OK",
        b"HTTP/2 200 OK",
    ],
}  # fmt: skip
USUAL_BODIES = [
    b"", b"hello", b"a=b&c=d", b'{"a": 1}', b"x" * 2000,
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n--b--\r\n',
]  # fmt: skip
ODD_BODIES = [
    b"user=a&password=b", b'{"password": "x"}',
    b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nx\r\n--b--\r\n',
]  # fmt: skip
USUAL_FRAMINGS, ODD_FRAMINGS = ["sized", "sized", "chunked"], ["none", "both", "short", "gzip"]


@st.composite
def messages(draw, side, is_odd):
    """Draw a message with a body of any framing; an odd one may still be as usual."""

    def one_of(usual, odd):
        return draw(st.sampled_from([*usual, *odd] if is_odd else usual))

    start = one_of(USUAL_STARTS[side], ODD_STARTS[side])
    fields = draw(st.lists(st.sampled_from(USUAL_FIELDS[side]), max_size=4, unique_by=lambda field: field.lower()[:8]))
    fields += draw(st.lists(st.sampled_from(ODD_FIELDS), max_size=int(is_odd)))
    body, framing = one_of(USUAL_BODIES, ODD_BODIES), one_of(USUAL_FRAMINGS, ODD_FRAMINGS)
    if framing in ("sized", "both", "short"):
        fields.append(b"Content-Length: %d" % (len(body) + (framing == "short")))
    if framing in ("chunked", "both", "gzip"):
        fields.append(b"Transfer-Encoding: gzip" if framing == "gzip" else b"Transfer-Encoding: Chunked")
        parts = [part for part in (body[:3], body[3:]) if part]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    has_no_body = side == 1 and (b" 204" in start or b" 304" in start)
    if framing == "none" or has_no_body:
        body = b""
    start += b" HTTP/1.1\r\nHost: www.example.org:80" if side == 0 else b""
    return b"\r\n".join([start, *fields, b"", body])


@st.composite
def conversations(draw):
    """Draw pieces of a conversation, cut and mixed as a network or an evader may."""
    turns, odd_one = [], draw(st.integers(0, 12))
    for k in range(draw(st.integers(1, 3))):
        request, answer = (draw(messages(side, odd_one == 2 * k + side)) for side in (0, 1))
        if request.startswith(b"HEAD"):
            answer = answer[: answer.index(b"\r\n\r\n") + 4]
        turns += [(0, request), (1, answer)]
    if draw(st.booleans()):
        turns = [(side, b"".join(said for whose, said in turns if whose == side)) for side in (0, 1)]
    pieces = []
    for k, (side, said) in enumerate(turns):
        cut = draw(st.integers(0, len(said))) if draw(st.booleans()) else len(said)
        pieces += [Piece(side, said[:cut], 10 * k + 1), Piece(side, said[cut:], 10 * k + 2)]
    if draw(st.booleans()):
        k = draw(st.integers(0, len(pieces) - 2))
        pieces[k], pieces[k + 1] = pieces[k + 1], pieces[k]
    return [piece for piece in pieces if piece.said]


@given(conversations())
def test_what_is_taken_is_told_as_the_parser_tells_it(pieces):
    taken_like_parse(pieces)


@given(conversations())
def test_so_is_what_a_flow_has_said_wherever_it_ends(pieces):
    for size in range(1, len(pieces)):
        taken_like_parse(pieces[:size])


@given(conversations(), st.integers(0, 5_000), st.binary(max_size=2), st.integers(0, 2))
def test_noise_changes_nothing_but_what_is_taken(pieces, at, noise, n_lost):
    k = at % len(pieces)
    said = pieces[k].said
    cut = at % (len(said) + 1)
    pieces[k] = pieces[k]._replace(said=said[:cut] + noise + said[cut + n_lost :])
    taken_like_parse([piece for piece in pieces if piece.said])


@given(st.lists(conversations(), max_size=6))
def test_many_at_once_are_told_like_each_alone(flows):
    taken, rows = told(streams_of(flows))
    for k, pieces in enumerate(flows):
        (alone,), own = told(streams_of([pieces]))
        assert taken[k] == alone
        found = [row | {"flow_id": FIRST_FLOW} for _, row in rows.get(FIRST_FLOW + k, [])]
        assert found == [row for _, row in own.get(FIRST_FLOW, [])]


COMPARED = ("http", "credentials", "identities", "anomalies", "flows")


def tables_of(captures, folder):
    """Return the rows of a case, by table, in no order."""
    api.inspect(captures, folder).close()
    return {
        name: Counter(json.dumps(row, default=str, sort_keys=True) for row in pq.read_table(path).to_pylist())
        for name in COMPARED
        for path in folder.glob(f"tables/{name}/*.parquet")
    }


@pytest.mark.corpus
def test_public_captures_are_told_alike_without_the_lane(corpus, tmp_path, monkeypatch):
    listed = json.loads((corpus / "manifest.json").read_text())
    names = [entry["file"] for entry in listed if "http" in entry["file"].lower() and entry["packets"] < 5_000]
    found = []
    for has_lane in (True, False):
        monkeypatch.setattr(Http1, "has_lane", has_lane)
        found.append(tables_of([corpus / name for name in names], tmp_path / str(has_lane)))
    assert found[0] == found[1]
