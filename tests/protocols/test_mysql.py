"""MySQL: one row per log-in and command, passwords and content left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols import mysql
from quivive.protocols.mysql import TABLE, MySql
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.9", 3306, 6))


def packet(number, content):
    return len(content).to_bytes(3, "little") + bytes([number]) + content


GREETING = packet(
    0,
    bytes.fromhex(
        "0a 382e302e333200"  # protocol 10, server 8.0.32
        "2a000000 1122334455667788 00"  # thread 42, challenge
        "ffff ff 0200 ffdf 15"  # capabilities, character set, status, capabilities
        "00000000000000000000 112233445566778899aabbcc00"  # reserved, challenge
        "63616368696e675f736861325f70617373776f726400"  # caching_sha2_password
    ),
)
HANDSHAKE = packet(
    1,
    bytes.fromhex(
        "8da2bf01 00000001 ff"  # capabilities, largest packet, character set
        "0000000000000000000000000000000000000000000000"  # reserved
        "776562657200 0411223344 706c616e7300"  # weber, response, plans
        "63616368696e675f736861325f70617373776f726400"  # caching_sha2_password
        "27 035f6f73 054c696e7578"  # attributes of 39 bytes: _os Linux
        "0c70726f6772616d5f6e616d65 0f6d7973716c2d776f726b62656e6368"  # program_name mysql-workbench
    ),
)
OK = packet(2, bytes.fromhex("00 00 00 0200 0000"))
REFUSAL = packet(2, bytes.fromhex("ff 1504 23 3238303030 4e6f"))  # 1045, 28000, No
QUERY = packet(0, b"\x03/* x */ select secret from plans")
RESULT = b"".join(
    packet(number, content)
    for number, content in enumerate((b"\1", b"\3def", b"\xfe\0\0\2\0", b"\1a", b"\1b", b"\xfe\0\0\2\0"), 1)
)
LOGIN = [(RESP, GREETING), (ORIG, HANDSHAKE), (RESP, OK)]

LOGGED_IN = {
    "command": "login",
    "user": "weber",
    "sql_database": "plans",
    "sql_auth": "caching_sha2_password",
    "sql_application": "mysql-workbench",
    "mysql_client_os": "Linux",
    "version": "8.0.32",
    "is_accepted": True,
}
WHO = {"user": "weber", "sql_database": "plans"}
SELECTED = WHO | {"command": "query", "sql_keyword": "SELECT", "sql_rows": 3, "sql_response_bytes": len(RESULT)}


def rows(*turns):
    return rows_in_every_cut(MySql, turns, FLOW)


def asked(command, answer, *, before=LOGIN):
    return rows(*before, (ORIG, packet(0, command)), (RESP, answer))[-1][1]


def test_log_in_is_a_row_and_an_identity():
    assert rows(*LOGIN) == [
        (
            IDENTITIES,
            {
                "protocol": "mysql",
                "user": "weber",
                "identity_kind": "user",
                "identity_addr": "10.0.0.5",
                "identity_evidence": "HandshakeResponse",
            },
        ),
        (TABLE, LOGGED_IN),
    ]


def test_refused_log_in_is_no_identity():
    assert rows(*LOGIN[:2], (RESP, REFUSAL)) == [(TABLE, LOGGED_IN | {"is_accepted": False, "sql_error": "1045"})]


def test_server_may_refuse_before_it_greets():
    assert rows((RESP, packet(0, bytes.fromhex("ff 6a04") + b"Host is not allowed"))) == [
        (TABLE, {"command": "login", "is_accepted": False, "sql_error": "1130"})
    ]


def test_password_in_clear_is_a_credential_without_the_password():
    switch = packet(2, b"\xfemysql_clear_password\0")
    said = rows(*LOGIN[:2], (RESP, switch), (ORIG, packet(3, b"geheim12\0")), (RESP, OK))
    assert said[0] == (
        CREDENTIALS,
        {
            "protocol": "mysql",
            "user": "weber",
            "login_method": "mysql_clear_password",
            "secret_mask": "8-15 characters",
            "is_accepted": True,
        },
    )
    assert "geheim" not in str(said)


def test_old_client_is_read():
    old = packet(1, bytes.fromhex("85a4 000040") + b"root\0\x11\x22\x33")
    assert rows(LOGIN[0], (ORIG, old)) == [
        (TABLE, {"command": "login", "user": "root", "sql_auth": "mysql_old_password", "version": "8.0.32"})
    ]


def test_request_for_tls_is_handed_over():
    request = packet(1, bytes.fromhex("8daebf01 00000001 ff") + bytes(23))
    outcome = outcome_of(MySql(FLOW), [LOGIN[0], (ORIG, request + b"\x16\3\1")])
    assert outcome.rows == [(TABLE, {"command": "start TLS", "version": "8.0.32"})]
    assert outcome.handover is not None
    assert (outcome.handover.to, outcome.rest[ORIG]) == ("tls", b"\x16\3\1")


def test_query_and_its_result_are_one_row():
    said = rows(*LOGIN, (ORIG, QUERY), (RESP, RESULT), (ORIG, packet(0, b"\1")))
    assert said[2:] == [(TABLE, SELECTED)]
    assert "secret" not in str(said)


def test_query_that_fails_has_its_error():
    assert asked(b"\3drop table x", packet(1, bytes.fromhex("ff 7a04 23") + b"42S02No"))["sql_error"] == "1146"


def test_change_counts_its_rows():
    assert asked(b"\3update x", packet(1, bytes.fromhex("00 fc2c01 00 0200 0000")))["sql_rows"] == 300


def test_count_beyond_what_a_table_holds_is_clipped():
    assert asked(b"\3update x", packet(1, b"\0\xfe" + b"\xff" * 8))["sql_rows"] == 2**63 - 1


def test_database_is_changed_once_the_server_agrees():
    turns = [(ORIG, packet(0, b"\2other")), (RESP, packet(1, OK[4:])), (ORIG, packet(0, b"\x0e"))]
    assert [row["sql_database"] for _, row in rows(*LOGIN, *turns)[2:]] == ["other", "other"]
    refused = [(ORIG, packet(0, b"\2other")), (RESP, packet(1, REFUSAL[4:])), (ORIG, packet(0, b"\x0e"))]
    assert [row["sql_database"] for _, row in rows(*LOGIN, *refused)[2:]] == ["other", "plans"]


def test_prepared_statement_keeps_its_word():
    prepared = packet(1, bytes.fromhex("00 07000000 0100 0000 00 0000"))
    turns = [(ORIG, packet(0, b"\x16delete from x")), (RESP, prepared)]
    row = asked(b"\x17\7\0\0\0" + bytes(5), packet(1, OK[4:]), before=[*LOGIN, *turns])
    assert (row["command"], row["sql_keyword"]) == ("execute", "DELETE")


def test_file_that_the_server_asks_for_is_named():
    row = asked(b"\3load data local infile 'x'", packet(1, b"\xfb/etc/plans.csv"))
    assert (row["sql_keyword"], row["file_name"]) == ("LOAD", "/etc/plans.csv")
    row = rows(*LOGIN, (ORIG, packet(0, b"\3load")), (RESP, packet(1, b"\xfbx")), (ORIG, packet(2, b"content")))[-1][1]
    assert row["file_name"] == "x"


def test_attributes_of_a_query_are_stepped_over():
    greeting = GREETING[:25] + bytes.fromhex("ffff ff 0200 ffff") + GREETING[32:]
    handshake = HANDSHAKE[:4] + bytes.fromhex("8da2bf09") + HANDSHAKE[8:]
    before = [(RESP, greeting), (ORIG, handshake), (RESP, OK)]
    row = asked(b"\3\1\1\0\1\xfe\0\1a\3abcSELECT 1", packet(1, OK[4:]), before=before)
    assert row["sql_keyword"] == "SELECT"
    assert asked(b"\3\0\1SHOW", packet(1, OK[4:]), before=before)["sql_keyword"] == "SHOW"


def test_change_of_user_is_a_log_in():
    said = rows(*LOGIN, (ORIG, packet(0, b"\x11root\0")), (RESP, packet(1, REFUSAL[4:])), (ORIG, packet(0, b"\x0e")))
    change = {"command": "change user", "user": "root", "version": "8.0.32", "is_accepted": False, "sql_error": "1045"}
    assert said[2:] == [(TABLE, change), (TABLE, WHO | {"command": "ping", "sql_response_bytes": 0})]


def test_compressed_packets_are_not_read():
    handshake = HANDSHAKE[:4] + bytes([0x8D | 0x20]) + HANDSHAKE[5:]
    said = rows(LOGIN[0], (ORIG, handshake), (RESP, OK), (ORIG, b"\x10\0\0\0\0\0\0" + QUERY), (RESP, b"\xff" * 20))
    assert [table for table, _ in said] == [IDENTITIES, TABLE]


def test_long_rows_are_skipped_and_may_be_missing():
    long = packet(5, bytes(100_000))
    turns = [*LOGIN, (ORIG, QUERY), (RESP, RESULT[:22] + long[:50]), (RESP, len(long) - 50), (ORIG, packet(0, b"\1"))]
    assert rows_of(MySql(FLOW), turns)[-1][1]["sql_response_bytes"] == 22 + len(long)


def test_commands_behind_a_gap_are_read():
    turns = [*LOGIN, (ORIG, 30), (ORIG, b"rest of a statement"), (ORIG, QUERY), (RESP, 300), (RESP, b"rest of rows")]
    said = rows_of(MySql(FLOW), [*turns, (ORIG, packet(0, b"\x0e")), (RESP, packet(1, OK[4:]))])[2:]
    assert [(row["command"], row["sql_response_bytes"]) for _, row in said] == [("query", 12), ("ping", 11)]


def test_capture_may_begin_behind_the_log_in():
    assert rows((ORIG, QUERY), (RESP, RESULT)) == [
        (TABLE, {"command": "query", "sql_keyword": "SELECT", "sql_rows": 2, "sql_response_bytes": len(RESULT)})
    ]


def test_prepared_statements_have_a_number():
    protocol = MySql(FLOW)
    turns = list(LOGIN)
    for number in range(mysql.MAX_STATEMENTS + 5):
        answer = packet(1, b"\0" + number.to_bytes(4, "little") + bytes(7))
        turns += [(ORIG, packet(0, b"\x16select")), (RESP, answer)]
    rows_of(protocol, turns)
    assert len(protocol.statements) == mysql.MAX_STATEMENTS


@pytest.mark.parametrize(
    ("side", "payload", "match"),
    [
        (RESP, GREETING, Match.YES),
        (ORIG, GREETING, Match.UNSURE),
        (RESP, packet(0, b"\x0aabc\0"), Match.NO),
        (RESP, OK, Match.UNSURE),
        (RESP, b"\1\0\0\0", Match.NO),
    ],
)
def test_greeting_is_sure(side, payload, match):
    assert MySql.probe(payload, side) == match


@pytest.mark.parametrize("turn", [(RESP, packet(0, b"\x42")), (ORIG, packet(0, b"\x99"))])
def test_other_packets_are_malformed(turn):
    assert [table for table, _ in rows(turn)] == [ANOMALIES]


TURNS = [*LOGIN, (ORIG, QUERY), (RESP, RESULT), (ORIG, packet(0, b"\x16delete")), (RESP, packet(1, bytes(12)))]


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_packet_cut_at_any_byte_makes_no_fault(number):
    side, said = TURNS[number]
    for cut in range(len(said)):
        for table, row in rows_of(MySql(FLOW), [*TURNS[:number], (side, said[:cut])]):
            assert set(row) <= set(table.names)


@given(st.integers(0, len(TURNS) - 1), st.integers(0, 140), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(number, at, noise):
    side, said = TURNS[number]
    said = said[:at] + noise + said[at + len(noise) :]
    for table, row in rows_of(MySql(FLOW), [*TURNS[:number], (side, said), *TURNS[number + 1 :]]):
        assert set(row) <= set(table.names)
