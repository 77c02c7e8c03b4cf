"""Requests and the responses that belong to them."""

from quivive.messages.http.exchange import PIPELINED, REQUEST, RESPONSE, Exchange
from quivive.messages.http.head import Head
from quivive.model.schema import Table
from quivive.model.tables import CREDENTIALS, IDENTITIES

TABLE = Table("http", "", ())
OK = Head("HTTP/1.1 200 OK", {}, is_whole=True, is_crowded=False)
LINE = ("1.1", "200", "OK")


def ask(exchange, uri, ts_ns, **headers):
    transaction = exchange.ask(("GET", uri, "1.1"), headers, ts_ns)
    exchange.end(transaction, REQUEST, None, is_whole=True)
    return transaction


def answer(exchange, ts_ns, *, is_behind_gap=False, line=LINE, head=OK):
    transaction = exchange.answer(ts_ns, is_behind_gap=is_behind_gap)
    exchange.fill(transaction, head, line)
    exchange.end(transaction, RESPONSE, None, is_whole=True)
    return transaction


def told(exchange):
    """Return what was told: depth, target and status of each transaction."""
    rows = [row for table, row in exchange.take_rows() if table is TABLE]
    return [(row["trans_depth"], row.get("uri"), row.get("status_code")) for row in rows]


def test_responses_belong_to_requests_in_order():
    exchange = Exchange("http1", TABLE)
    ask(exchange, "/a", 1)
    ask(exchange, "/b", 2)
    answer(exchange, 3)
    answer(exchange, 4, line=("1.1", "404", "Not Found"))
    assert told(exchange) == [(1, "/a", 200), (2, "/b", 404)]


def test_response_nobody_asked_for_is_told():
    exchange = Exchange("http1", TABLE)
    answer(exchange, 3)
    assert told(exchange) == [(1, None, 200)]


def test_request_nobody_answers_is_told_at_the_end():
    exchange = Exchange("http1", TABLE)
    ask(exchange, "/a", 1)
    assert told(exchange) == []
    exchange.end_all()
    assert told(exchange) == [(1, "/a", None)]


def test_response_behind_a_gap_belongs_to_the_last_request():
    exchange = Exchange("http1", TABLE)
    ask(exchange, "/a", 1)
    ask(exchange, "/b", 2)
    answer(exchange, 3, is_behind_gap=True)
    assert told(exchange) == [(1, "/a", None), (2, "/b", 200)]


def test_requests_beyond_the_limit_are_told_unanswered():
    exchange = Exchange("http1", TABLE)
    for number in range(PIPELINED):
        ask(exchange, f"/{number}", number)
    assert told(exchange) == []
    ask(exchange, "/last", 0)
    assert told(exchange) == [(1, "/0", None)]


def test_transaction_is_told_when_its_request_ends_behind_its_response():
    exchange = Exchange("http1", TABLE)
    transaction = exchange.ask(("POST", "/a", "1.1"), {}, 1)
    answer(exchange, 2, line=("1.1", "413", ""))
    assert told(exchange) == []
    exchange.end(transaction, REQUEST, None, is_whole=True)
    assert told(exchange) == [(1, "/a", 413)]


def rows_of_login(line, **headers):
    exchange = Exchange("http1", TABLE)
    exchange.client_addr = "192.0.2.1"
    ask(exchange, "/a", 1, **headers)
    answer(exchange, 2, line=line)
    return list(exchange.take_rows())[1:]


def test_basic_login_is_a_credential_and_an_identity():
    assert rows_of_login(LINE, authorization="Basic Ym9iOnNlY3JldA==") == [
        (
            CREDENTIALS,
            {
                "ts_ns": 1,
                "protocol": "http1",
                "user": "bob",
                "login_method": "Basic",
                "secret_mask": "1-7 characters",
                "is_accepted": True,
            },
        ),
        (
            IDENTITIES,
            {
                "ts_ns": 1,
                "protocol": "http1",
                "user": "bob",
                "identity_kind": "user",
                "identity_addr": "192.0.2.1",
                "identity_evidence": "Authorization",
            },
        ),
    ]


def test_refused_login_is_no_identity():
    (row,) = rows_of_login(("1.1", "401", ""), authorization="Basic Ym9iOnNlY3JldA==")
    assert (row[0], row[1]["is_accepted"]) == (CREDENTIALS, False)


def test_digest_login_shows_who_but_no_secret():
    (row,) = rows_of_login(LINE, authorization='Digest username="bob", realm="depot", response="0123"')
    assert (row[0], row[1]["user"], row[1]["domain"]) == (IDENTITIES, "bob", "depot")


def test_repeated_login_is_told_once():
    exchange = Exchange("http1", TABLE)
    for ts_ns in (1, 3):
        ask(exchange, "/a", ts_ns, authorization="Bearer abc")
        answer(exchange, ts_ns + 1)
    assert [table for table, _ in exchange.take_rows()] == [TABLE, CREDENTIALS, TABLE]


def test_server_challenge_is_read():
    challenge = Head("HTTP/1.1 401 Unauthorized", {"www-authenticate": "NTLM AAAA"}, is_whole=True, is_crowded=False)
    exchange = Exchange("http1", TABLE)
    ask(exchange, "/a", 1)
    answer(exchange, 2, line=("1.1", "401", "Unauthorized"), head=challenge)
    assert [table.name for table, _ in exchange.take_rows()] == ["http", "anomalies"]
