"""HTTP/0.9 to 1.1: transactions, bodies, gaps, log-ins, hand-overs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Handover
from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.limits import PENDING_BYTES
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.http1 import MAX_LINE_BYTES, MAX_SEARCHED_BYTES, TABLE, Http1
from tests.protocols.stream_driver import ORIG, RESP, TURN_NS, outcome_of, rows_in_every_cut, rows_of

GET = b"GET /a HTTP/1.1\r\nHost: www.example.org\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
FLOW = Flow(1, FiveTuple("192.0.2.1", 50000, "192.0.2.2", 80, 6))


def told(turns, chunk=None):
    """Return method, target, status, body sizes and wholeness of each transaction, and the anomalies."""
    found = []
    for table, row in rows_of(Http1, turns, chunk=chunk):
        if table is TABLE:
            found.append((
                row.get("method"), row.get("uri"), row.get("status_code"),
                row.get("response_body_bytes"), row.get("is_response_whole"),
            ))  # fmt: skip
        elif table is ANOMALIES:
            found.append(row["anomaly"])
    return found


def test_request_and_response_become_one_row():
    post = (
        b"POST /login?next=%2F HTTP/1.1\r\nHost: www.example.org:8080\r\nUser-Agent: curl/8.5\r\n"
        b"Content-Type: text/plain\r\nReferer: http://www.example.org/\r\nCookie: id=7\r\nContent-Length: 3\r\n\r\nabc"
    )
    found = (
        b"HTTP/1.1 302 Found\r\nServer: nginx\r\nContent-Type: text/html\r\nLocation: /home\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    assert rows_in_every_cut(Http1, [(ORIG, post), (RESP, found)], FLOW) == [
        (
            TABLE,
            {
                "ts_ns": TURN_NS,
                "trans_depth": 1,
                "method": "POST",
                "host": "www.example.org",
                "uri": "/login?next=%2F",
                "url": "http://www.example.org:8080/login?next=%2F",
                "referrer": "http://www.example.org/",
                "version": "1.1",
                "user_agent": "curl/8.5",
                "request_content_type": "text/plain",
                "request_body_bytes": 3,
                "is_request_whole": True,
                "has_cookie": True,
                "status_code": 302,
                "status_text": "Found",
                "response_ts_ns": 2 * TURN_NS,
                "content_type": "text/html",
                "transfer_encoding": "chunked",
                "response_server": "nginx",
                "location": "/home",
                "response_body_bytes": 5,
                "is_response_whole": True,
            },
        )
    ]


def test_pipelined_requests_are_answered_in_order():
    turns = [(ORIG, GET + GET.replace(b"/a", b"/b")), (RESP, OK + OK.replace(b"200", b"404"))]
    rows_in_every_cut(Http1, turns)
    assert told(turns) == [("GET", "/a", 200, 5, True), ("GET", "/b", 404, 5, True)]


@pytest.mark.parametrize(("request_line", "response"), [
    (b"HEAD /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
    (b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"),
    (b"GET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
])  # fmt: skip
def test_some_responses_have_no_body(request_line, response):
    assert told([(ORIG, request_line), (RESP, response), (ORIG, GET), (RESP, OK)])[1] == ("GET", "/a", 200, 5, True)


def test_response_without_length_ends_with_the_flow():
    assert told([(ORIG, GET), (RESP, b"HTTP/1.0 200 OK\r\n\r\nhello"), (RESP, b" world")]) == [
        ("GET", "/a", 200, 11, None)
    ]


def test_interim_answer_is_not_the_answer():
    turns = [(ORIG, GET), (RESP, b"HTTP/1.1 100 Continue\r\n\r\n" + OK)]
    ((_, row),) = rows_in_every_cut(Http1, turns)
    assert (row["info_code"], row["status_code"]) == (100, 200)


def test_request_without_response_and_the_reverse_have_a_row():
    assert told([(ORIG, GET)]) == [("GET", "/a", None, None, None)]
    assert told([(RESP, OK)]) == [(None, None, 200, 5, True)]


def test_flow_may_begin_with_the_server():
    turns = [(RESP, GET), (ORIG, OK)]
    assert told(turns) == [("GET", "/a", 200, 5, True)]


@pytest.mark.parametrize("request_line", [
    b"GET      /a HTTP/1.1\r\n\r\n",
    b"GET\t/a\tHTTP/1.0\r\n\r\n",
    b"get /a http/1.1\r\n\r\n",
    b"\r\n\r\nGET /a HTTP/1.1\r\n\r\n",
    b"GET /a HTTP/1.1\n\n",
    b"GET /a HTTP/1.1 \r\nHost: x\r\n\r\n",
])  # fmt: skip
def test_odd_request_lines_are_read_as_servers_read_them(request_line):
    turns = [(ORIG, request_line), (RESP, OK)]
    rows_in_every_cut(Http1, turns)
    ((method, *rest),) = told(turns)
    assert (method.upper(), rest) == ("GET", ["/a", 200, 5, True])


def test_blanks_within_a_target_belong_to_it():
    assert told([(ORIG, b"GET /a b c HTTP/1.1\r\n\r\n")]) == [("GET", "/a b c", None, None, None)]
    assert told([(ORIG, b"GET  HTTP/1.1\r\n\r\n")]) == [("GET", None, None, None, None)]


def test_simple_request_is_answered_without_head():
    turns = [(ORIG, b"GET /a\r\n"), (RESP, b"<html>hello"), (RESP, b"</html>")]
    ((_, row),) = rows_in_every_cut(Http1, turns)
    assert (row["version"], row["uri"], row["response_body_bytes"]) == ("0.9", "/a", 18)


def test_simple_request_may_be_for_nonsense():
    turns = [(ORIG, b"POST abcd12345\r\n"), (RESP, OK.replace(b"200", b"400")), (ORIG, b'USER a "b" c\r\n')]
    assert told(turns) == [("POST", "abcd12345", 400, 5, True), "bytes between messages"]


def test_simple_request_may_be_answered_with_a_head():
    assert told([(ORIG, b"GET /a\r\n"), (RESP, OK)]) == [("GET", "/a", 200, 5, True)]


def test_icecast_says_icy():
    assert told([(ORIG, GET), (RESP, b"ICY 200 OK\r\nicy-name: x\r\n\r\nabc")]) == [("GET", "/a", 200, 3, None)]


def test_conflicting_lengths_are_odd_and_the_first_counts():
    turns = [(ORIG, GET), (RESP, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + OK)]
    assert told(turns) == ["content lengths conflict", ("GET", "/a", 200, 5, True), (None, None, 200, 5, True)]


def test_bytes_between_messages_are_odd_and_the_next_message_is_found():
    turns = [(ORIG, GET), (RESP, OK + b"cruft\r\nmore cruft\0"), (ORIG, GET), (RESP, OK)]
    rows_in_every_cut(Http1, turns)
    assert told(turns) == [("GET", "/a", 200, 5, True), "bytes between messages", ("GET", "/a", 200, 5, True)]


def test_what_was_never_http_is_given_up():
    noise = b"SSH-2.0-OpenSSH_9.6\r\n" + bytes(MAX_LINE_BYTES)
    found = [(ORIG, GET), (RESP, noise), (RESP, bytes(MAX_SEARCHED_BYTES - MAX_LINE_BYTES)), (RESP, OK)]
    assert told(found) == ["no start line", ("GET", "/a", 200, 5, True)]
    lost = [(ORIG, GET), (RESP, noise), (RESP, bytes(MAX_SEARCHED_BYTES)), (RESP, b"\0"), (RESP, OK)]
    assert told(lost) == ["no start line", ("GET", "/a", None, None, None)]


def test_flow_that_does_not_begin_as_http_is_refused():
    assert told([(ORIG, b"EHLO a\r\n"), (ORIG, GET)]) == ["no start line"]


@pytest.mark.parametrize(("status_line", "version", "code"), [
    (b"HTTP/1.01 200 ok", "1.01", 200),
    (b"HTTP/1.1", "1.1", None),
    (b"HTTP/1.1 2000 ok", "1.1", 2000),
    (b"HTTP/1.1\x0b404\x0bno", "1.1", 404),
    (b"http 200", "1.1", 200),
])  # fmt: skip
def test_answers_are_taken_as_browsers_take_them(status_line, version, code):
    turns = [(ORIG, GET), (RESP, OK.replace(b"HTTP/1.1 200 OK", status_line)), (ORIG, GET), (RESP, OK)]
    rows_in_every_cut(Http1, turns)
    rows = [row for _, row in rows_of(Http1, turns)]
    assert [(row["version"], row.get("status_code"), row["response_body_bytes"]) for row in rows] == [
        (version, code, 5),
        ("1.1", 200, 5),
    ]


def test_chunks_that_do_not_come_are_not_waited_for():
    raw = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno\r\nchunks"
    assert told([(ORIG, GET), (RESP, raw)]) == ["chunk size is not a number", ("GET", "/a", 200, 10, None)]
    turns = [(ORIG, GET), (RESP, raw.replace(b"\r\n\r\n", b"\r\nContent-Length: 10\r\n\r\n") + OK)]
    rows_in_every_cut(Http1, turns)
    assert told(turns)[2:] == [("GET", "/a", 200, 10, True), (None, None, 200, 5, True)]


def test_large_body_is_stepped_over_without_being_kept():
    size = 3 * PENDING_BYTES
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    assert told([(ORIG, GET), (RESP, head), (RESP, bytes(size)), (RESP, OK)])[0] == ("GET", "/a", 200, size, True)


def test_body_cut_off_by_the_end_is_not_whole():
    assert told([(ORIG, GET), (RESP, OK[:-1])]) == [("GET", "/a", 200, 5, False)]


def test_request_cut_off_in_its_head_still_tells_its_target():
    ((_, row),) = rows_of(Http1, [(ORIG, b"GET /a HTTP/1.1\r\nHost: www.exa")])
    assert (row["uri"], row["is_request_whole"]) == ("/a", False)


def test_gap_inside_a_body_is_bridged():
    turns = [(ORIG, GET), (RESP, OK[:-5]), (RESP, 4), (RESP, b"o" + OK)]
    assert told(turns) == [("GET", "/a", 200, 5, True), (None, None, 200, 5, True)]


def test_gap_beyond_a_body_loses_what_follows_until_the_next_head():
    turns = [(ORIG, GET), (RESP, OK[:-5]), (RESP, 20), (RESP, b"tent-Length: 5\r\n\r\nhello"), (ORIG, GET), (RESP, OK)]
    assert told(turns) == [("GET", "/a", 200, 5, False), ("GET", "/a", 200, 5, True)]


def test_gap_in_a_request_head_loses_that_request():
    turns = [(ORIG, b"GET /a HTT"), (ORIG, 6), (ORIG, b"Host: x\r\n\r\n" + GET.replace(b"/a", b"/b")), (RESP, OK)]
    assert told(turns) == [("GET", "/b", 200, 5, True)]


def test_gap_in_chunks_loses_the_rest_of_the_response():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    turns = [(ORIG, GET), (RESP, chunked), (RESP, 3), (RESP, b"lo\r\n0\r\n\r\n"), (ORIG, GET), (RESP, OK)]
    assert told(turns) == [("GET", "/a", 200, 5, False), ("GET", "/a", 200, 5, True)]


def test_tunnel_is_handed_over_on_both_sides():
    connect = b"CONNECT mail.example.org:993 HTTP/1.1\r\nHost: mail.example.org:993\r\n\r\n"
    turns = [(ORIG, connect + b"\x16\x03\x01"), (RESP, b"HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x03")]
    outcome = outcome_of(Http1, turns)
    assert [row["url"] for _, row in outcome.rows] == ["mail.example.org:993"]
    assert outcome.handover == Handover(None, {"host": "mail.example.org", "path": "mail.example.org:993"})
    assert outcome.rest == {ORIG: b"\x16\x03\x01", RESP: b"\x16\x03\x03"}


def test_refused_tunnel_stays_http():
    turns = [(ORIG, b"CONNECT a:1 HTTP/1.1\r\n\r\n"), (RESP, OK.replace(b"200", b"407")), (ORIG, GET), (RESP, OK)]
    assert told(turns) == [("CONNECT", "a:1", 407, 5, True), ("GET", "/a", 200, 5, True)]


def upgrade(protocol, answer):
    ask = b"GET /ocpp/CS%2F1 HTTP/1.1\r\nHost: c.example\r\nConnection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
    return outcome_of(Http1, [(ORIG, ask + b"\x81"), (RESP, answer)])


@pytest.mark.parametrize(("protocol", "subprotocol", "to"), [
    (b"websocket", "chat", "websocket"),
    (b"WebSocket", "ocpp1.6", "ocpp"),
    (b"h2c", None, "http2"),
    (b"tcp", None, None),
])  # fmt: skip
def test_upgrade_is_handed_over(protocol, subprotocol, to):
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + protocol + b"\r\n"
    given = {"host": "c.example", "path": "/ocpp/CS%2F1"}
    if subprotocol:
        answer += (
            b"Sec-WebSocket-Protocol: " + subprotocol.encode() + b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
        )
        given |= {"subprotocol": subprotocol, "extensions": "permessage-deflate"}
    outcome = upgrade(protocol, answer + b"\r\n\x82")
    assert outcome.handover == Handover(to, given)
    assert outcome.rest == {ORIG: b"\x81", RESP: b"\x82"}


def test_client_cannot_end_http_by_answering_itself():
    turns = [(ORIG, GET + b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), (RESP, OK), (ORIG, GET), (RESP, OK)]
    assert told(turns) == ["bytes between messages"] + [("GET", "/a", 200, 5, True)] * 2


def test_answer_that_nobody_asked_for_switches_nothing():
    assert outcome_of(Http1, [(ORIG, GET), (RESP, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")]).handover is None


def test_upgrade_that_the_server_ignores_stays_http():
    turns = [(ORIG, GET.replace(b"Host", b"Upgrade: h2c\r\nHost")), (RESP, OK), (ORIG, GET), (RESP, OK)]
    assert told(turns) == [("GET", "/a", 200, 5, True)] * 2


def test_next_request_shows_that_nothing_was_upgraded_where_no_answer_is_captured():
    turns = [(ORIG, GET.replace(b"Host", b"Upgrade: h2c\r\nHost")), (ORIG, GET)]
    assert told(turns) == [("GET", "/a", None, None, None)] * 2


def test_basic_login_is_seen_and_its_secret_is_not():
    turns = [(ORIG, GET.replace(b"Host", b"Authorization: Basic Ym9iOnMzY3IzdA==\r\nHost")), (RESP, OK)]
    (_, http), (one, credential), (two, identity) = rows_in_every_cut(Http1, turns, FLOW)
    assert http["auth_scheme"] == "Basic"
    assert (one, credential["user"], credential["is_accepted"]) == (CREDENTIALS, "bob", True)
    assert (two, identity["user"], identity["identity_addr"]) == (IDENTITIES, "bob", "192.0.2.1")
    assert "s3cr3t" not in str((http, credential, identity))


def test_login_by_form_is_seen():
    form = b"user=bob&password=s3cr3t&go=1"
    head = b"POST /in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(
        form
    )
    (_, http), (table, credential), _ = rows_in_every_cut(Http1, [(ORIG, head + form), (RESP, OK)])
    assert (http["request_body_bytes"], table) == (len(form), CREDENTIALS)
    assert (credential["user"], credential["login_method"], credential["is_accepted"]) == ("bob", "form", None)


def test_login_in_json_is_seen():
    body = b'{"user":"bob","password":"s3cr3t"}'
    head = b"POST /in HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    _, (table, credential), _ = rows_in_every_cut(Http1, [(ORIG, head + body), (RESP, OK)])
    assert (table, credential["user"], credential["login_method"]) == (CREDENTIALS, "bob", "json")


def test_login_in_a_query_is_seen_and_masked():
    (_, http), (table, credential), _ = rows_of(
        Http1, [(ORIG, GET.replace(b"/a", b"/a?user=bob&pass=s3cr3t")), (RESP, OK)]
    )
    assert (http["uri"], table, credential["login_method"]) == ("/a?user=bob&pass=***", CREDENTIALS, "query")


@pytest.mark.parametrize(("payload", "match"), [
    (GET, Match.YES),
    (OK, Match.YES),
    (b"get  /a  http/1.1\n", Match.YES),
    (b"GET /a\r\n", Match.UNSURE),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Match.NO),
    (b"OPTIONS rtsp://a RTSP/1.0\r\n", Match.NO),
    (b"SSH-2.0-x\r\n", Match.NO),
    (b"", Match.NO),
])  # fmt: skip
def test_probe_wants_a_start_line(payload, match):
    assert Http1.probe(payload, ORIG) is match


CONVERSATION = [(ORIG, GET + GET), (RESP, OK), (RESP, OK), (ORIG, GET), (RESP, b"HTTP/1.0 200 OK\r\n\r\nbye")]


@pytest.mark.parametrize("side", [ORIG, RESP])
def test_every_truncation_gives_rows_or_an_anomaly(side):
    for turn, (speaker, said) in enumerate(CONVERSATION):
        if speaker is side:
            for size in range(len(said)):
                rows_of(Http1, [*CONVERSATION[:turn], (side, said[:size])])


@given(turn=st.integers(0, 4), at=st.integers(0, 60), noise=st.binary(max_size=60), chunk=st.integers(1, 50))
def test_noise_is_read_alike_in_every_cut(turn, at, noise, chunk):
    side, said = CONVERSATION[turn]
    turns = [*CONVERSATION[:turn], (side, said[:at] + noise + said[at:]), *CONVERSATION[turn + 1 :]]
    assert rows_of(Http1, turns, chunk=chunk) == rows_of(Http1, turns)
