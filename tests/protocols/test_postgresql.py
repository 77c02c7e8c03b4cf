"""PostgreSQL: one row per log-in and statement, passwords and content left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols import postgresql
from quivive.protocols.postgresql import TABLE, PostgreSql
from tests.protocols.stream_driver import ORIG, RESP, Driver, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.9", 5432, 6))

STARTUP = bytes.fromhex(
    "0000002e 00030000"  # 46 bytes, version 3.0
    "7573657200 776562657200"  # user weber
    "646174616261736500 706c616e7300"  # database plans
    "6f7074696f6e7300 2d6300"  # options -c
    "00"
)
ASK_PASSWORD = bytes.fromhex("52 00000008 00000003")  # AuthenticationCleartextPassword
PASSWORD = bytes.fromhex("70 0000000b 67656865696d00")  # geheim
WELCOME = bytes.fromhex(
    "52 00000008 00000000"  # AuthenticationOk
    "53 00000018 7365727665725f76657273696f6e00 31362e3400"  # server_version 16.4
    "4b 0000000c 0000002a 11223344"  # BackendKeyData
    "5a 00000005 49"  # ReadyForQuery
)
QUERY = b"Q" + (4 + 22).to_bytes(4, "big") + b"SELECT secret FROM x;\0"
ROWS = bytes.fromhex(
    "54 00000006 0000"  # RowDescription
    "44 00000006 0000"  # DataRow
    "44 00000006 0000"
    "43 0000000d 53454c454354203200"  # CommandComplete: SELECT 2
    "5a 00000005 49"
)
ERROR = bytes.fromhex("45 00000013 534552524f5200 43323850303100 00")  # ERROR 28P01

SETTINGS = ["database=plans", "options=-c"]
LOGGED_IN = {
    "user": "weber",
    "sql_database": "plans",
    "sql_settings": SETTINGS,
    "command": "login",
    "sql_auth": "cleartext",
    "version": "16.4",
    "is_accepted": True,
}
SELECTED = {
    "user": "weber",
    "sql_database": "plans",
    "command": "query",
    "sql_keyword": "SELECT",
    "sql_rows": 2,
    "sql_response_bytes": len(ROWS),
}
LOGIN = [(ORIG, STARTUP), (RESP, ASK_PASSWORD), (ORIG, PASSWORD), (RESP, WELCOME)]


def message(kind, body):
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def rows(*turns):
    return rows_in_every_cut(PostgreSql, turns, FLOW)


def test_password_in_clear_is_a_credential_without_the_password():
    said = rows(*LOGIN)
    assert said == [
        (
            CREDENTIALS,
            {
                "protocol": "postgresql",
                "user": "weber",
                "login_method": "cleartext",
                "secret_mask": "1-7 characters",
                "is_accepted": True,
            },
        ),
        (
            IDENTITIES,
            {
                "protocol": "postgresql",
                "user": "weber",
                "identity_kind": "user",
                "identity_addr": "10.0.0.5",
                "identity_evidence": "StartupMessage",
            },
        ),
        (TABLE, LOGGED_IN),
    ]
    assert "geheim" not in str(said)


def test_refused_log_in_is_no_identity():
    said = rows(*LOGIN[:3], (RESP, ERROR))
    assert [table for table, _ in said] == [CREDENTIALS, TABLE]
    assert (said[1][1]["sql_error"], said[1][1]["is_accepted"]) == ("28P01", False)


@pytest.mark.parametrize(
    ("ask", "method"),
    [
        (message(b"R", b"\0\0\0\5salt"), "MD5"),
        (message(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0"), "SCRAM-SHA-256"),
    ],
)
def test_proof_of_a_password_is_no_credential(ask, method):
    said = rows((ORIG, STARTUP), (RESP, ask), (ORIG, PASSWORD), (RESP, WELCOME))
    assert [table for table, _ in said] == [IDENTITIES, TABLE]
    assert said[1][1]["sql_auth"] == method


def test_log_in_without_an_end_is_told_at_the_end():
    login = {"user": "weber", "sql_database": "plans", "sql_settings": SETTINGS, "command": "login"}
    assert rows((ORIG, STARTUP)) == [(TABLE, login)]


def test_settings_that_may_be_secrets_are_left_out():
    startup = bytes.fromhex(
        "00000024 00030000"  # 36 bytes, version 3.0
        "7573657200 6100"  # user a
        "50617373776f726400 7800"  # Password x
        "6f7074696f6e00 7900"  # option y
        "00"
    )
    assert rows((ORIG, startup)) == [(TABLE, {"user": "a", "sql_settings": ["option=y"], "command": "login"})]


def test_statement_and_its_outcome_are_one_row():
    said = rows(*LOGIN, (ORIG, QUERY), (RESP, ROWS))
    assert said[3:] == [(TABLE, SELECTED)]
    assert "secret FROM" not in str(said)


def test_statement_that_fails_has_its_error():
    said = rows(*LOGIN, (ORIG, QUERY), (RESP, ERROR + WELCOME[-6:]))
    assert said[-1][1]["sql_error"] == "28P01"


def test_statements_in_one_query_are_counted_together():
    complete = message(b"C", b"INSERT 0 3\0") + message(b"C", b"SELECT 4\0") + message(b"C", b"BEGIN\0")
    assert rows(*LOGIN, (ORIG, QUERY), (RESP, complete + WELCOME[-6:]))[-1][1]["sql_rows"] == 7


def prepared(number):
    name = b"s%d\0" % number
    return (
        message(b"P", name + b"/* x */ delete from plans\0\0\0")
        + message(b"B", b"\0" + name + bytes(6))
        + message(b"E", b"\0\0\0\0\0")
        + message(b"S", b"")
    )


def test_prepared_statement_is_told_when_it_is_executed():
    answer = message(b"1", b"") + message(b"2", b"") + message(b"C", b"DELETE 5\0") + WELCOME[-6:]
    row = rows(*LOGIN, (ORIG, prepared(1)), (RESP, answer))[-1][1]
    assert (row["command"], row["sql_keyword"], row["sql_rows"]) == ("execute", "DELETE", 5)


def test_pipelined_statements_have_their_own_outcomes():
    answers = message(b"C", b"DELETE 5\0") + ERROR + WELCOME[-6:]
    asked = prepared(1) + prepared(2) + prepared(3)
    said = [row for _, row in rows(*LOGIN, (ORIG, asked), (RESP, answers))[3:]]
    assert [(row.get("sql_rows"), row.get("sql_error")) for row in said] == [(5, None), (None, "28P01"), (None, None)]


def test_long_rows_are_skipped_and_may_be_missing():
    long = message(b"D", bytes(100_000))
    turns = [*LOGIN, (ORIG, QUERY), (RESP, long[:50]), (RESP, len(long) - 50), (RESP, ROWS)]
    assert rows_of(PostgreSql(FLOW), turns)[-1][1]["sql_response_bytes"] == len(long) + len(ROWS)


def test_server_that_grants_tls_is_handed_over():
    ask = bytes.fromhex("00000008 04d2162f")
    outcome = outcome_of(PostgreSql(FLOW), [(ORIG, ask), (RESP, b"S"), (ORIG, b"\x16\3\1")])
    assert outcome.handover is not None
    assert (outcome.handover.to, outcome.rest[ORIG]) == ("tls", b"\x16\3\1")
    assert outcome.rows == [(TABLE, {"command": "start TLS"})]


def test_server_that_has_no_tls_goes_on_in_clear():
    ask = bytes.fromhex("00000008 04d2162f")
    first, *_, last = rows((ORIG, ask), (RESP, b"N"), *LOGIN)
    assert (first, last) == ((TABLE, {"command": "SSL refused"}), (TABLE, LOGGED_IN))


def test_gss_encryption_is_noted():
    ask = bytes.fromhex("00000008 04d21630")
    assert rows((ORIG, ask), (RESP, b"G")) == [(TABLE, {"command": "GSS encryption"})]


def test_cancel_is_told_without_its_key():
    assert rows((ORIG, bytes.fromhex("00000010 04d2162e 0000002a 11223344"))) == [(TABLE, {"command": "cancel"})]


def test_statements_behind_a_gap_are_read():
    turns = [*LOGIN, (ORIG, 30), (ORIG, QUERY), (RESP, 300), (RESP, b"rest of rows" + ROWS[-6:])]
    row = rows_of(PostgreSql(FLOW), turns)[-1][1]
    assert row["sql_keyword"] == "SELECT"
    assert rows_of(PostgreSql(FLOW), [*LOGIN, (ORIG, 30), (ORIG, b"rest of a value")])[3:] == []


def test_capture_may_begin_behind_the_log_in():
    expected = {"command": "query", "sql_keyword": "SELECT", "sql_rows": 2, "sql_response_bytes": len(ROWS)}
    assert rows((ORIG, QUERY), (RESP, ROWS)) == [(TABLE, expected)]


def test_too_many_pending_statements_give_way():
    driver = Driver(PostgreSql(FLOW))
    for _ in range(postgresql.MAX_PENDING):
        driver.say(ORIG, QUERY, 0)
    assert driver.rows == []
    driver.say(ORIG, QUERY, 0)
    assert len(driver.rows) == 1


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (STARTUP, Match.YES),
        (bytes.fromhex("00000008 04d2162f"), Match.YES),
        (bytes.fromhex("00002711 00030000"), Match.NO),
        (QUERY, Match.UNSURE),
        (b"\x16\3\1\2\0", Match.NO),
        (b"", Match.NO),
    ],
)
def test_startup_is_sure(payload, match):
    assert PostgreSql.probe(payload, ORIG) == match


@pytest.mark.parametrize(
    ("side", "payload"), [(ORIG, b"\0\0\0\x09\0\2\0\0\0"), (RESP, b"\x01\0\0\0\4"), (RESP, b"Z\0\0\0\3")]
)
def test_other_messages_are_malformed(side, payload):
    assert [table for table, _ in rows((side, payload))] == [ANOMALIES]


TURNS = [*LOGIN, (ORIG, QUERY), (RESP, ROWS), (ORIG, prepared(1)), (RESP, ERROR)]


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_message_cut_at_any_byte_makes_no_fault(number):
    side, said = TURNS[number]
    for cut in range(len(said)):
        for table, row in rows_of(PostgreSql(FLOW), [*TURNS[:number], (side, said[:cut])]):
            assert set(row) <= set(table.names)


@given(st.integers(0, len(TURNS) - 1), st.integers(0, 80), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(number, at, noise):
    side, said = TURNS[number]
    said = said[:at] + noise + said[at + len(noise) :]
    for table, row in rows_of(PostgreSql(FLOW), [*TURNS[:number], (side, said), *TURNS[number + 1 :]]):
        assert set(row) <= set(table.names)
