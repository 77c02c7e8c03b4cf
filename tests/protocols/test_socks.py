"""SOCKS: one row per flow, and what is carried handed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.socks import NAME_BYTES, TABLE, Socks
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.80", 1080, 6))

OFFER = (ORIG, bytes.fromhex("05 02 00 02"))
CHOICE = (RESP, bytes.fromhex("05 02"))
LOG_IN = (ORIG, b"\x01\x03joe\x09swordfish")
REQUEST = (ORIG, bytes.fromhex("05 01 00 03 0f") + b"www.example.com" + bytes.fromhex("01bb"))
REPLY = (RESP, bytes.fromhex("05 00 00 01 c0000250 c350"))
ROW = {
    "version": "5",
    "user": "joe",
    "socks_methods": ["none", "user and password"],
    "socks_method": "user and password",
    "socks_command": "CONNECT",
    "request_name": "www.example.com",
    "request_port": 443,
    "socks_reply": "succeeded",
    "bound_addr": "192.0.2.80",
    "bound_port": 50000,
    "is_reverse": False,
}
CREDENTIAL = {"protocol": "socks", "user": "joe", "login_method": "user and password", "secret_mask": "8-15 characters"}
IDENTITY = {"protocol": "socks", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}

CONNECT_4 = bytes.fromhex("04 01 0050 c6336407") + b"joe\x00"
CONNECT_4A = bytes.fromhex("04 01 0050 00000001") + b"\x00www.example.com\x00"
GRANTED_4 = bytes.fromhex("00 5a 0400 c0000250")


def exchange(*turns):
    return rows_in_every_cut(Socks, turns, FLOW)


def test_granted_request_is_a_row_and_hands_over():
    turns = [OFFER, CHOICE, LOG_IN, (RESP, b"\x01\x00"), REQUEST, REPLY]
    assert exchange(*turns) == [
        (CREDENTIALS, {**CREDENTIAL, "is_accepted": True}),
        (IDENTITIES, {**IDENTITY, "identity_evidence": "SOCKS log-in"}),
        (TABLE, ROW),
    ]
    outcome = outcome_of(Socks, [*turns, (ORIG, b"\x16\x03")])
    assert outcome.handover == (None, {})
    assert outcome.rest[ORIG] == b"\x16\x03"


def test_all_said_at_once_is_the_same():
    said = OFFER[1] + LOG_IN[1] + REQUEST[1] + b"\x16\x03"
    outcome = outcome_of(Socks(FLOW), [(ORIG, said), (RESP, CHOICE[1] + b"\x01\x00" + REPLY[1])])
    assert outcome.rows[-1] == (TABLE, ROW)
    assert outcome.rest[ORIG] == b"\x16\x03"


def test_refused_log_in_is_told():
    rows = exchange(OFFER, CHOICE, LOG_IN, (RESP, b"\x01\x01"))
    assert rows == [
        (CREDENTIALS, {**CREDENTIAL, "is_accepted": False}),
        (TABLE, {name: ROW[name] for name in ("version", "user", "socks_methods", "socks_method", "is_reverse")}),
    ]


def test_unanswered_log_in_is_told():
    assert exchange(OFFER, CHOICE, LOG_IN)[0] == (CREDENTIALS, {**CREDENTIAL, "is_accepted": None})


def test_no_acceptable_method_ends_the_flow():
    ((_, row),) = exchange(OFFER, (RESP, b"\x05\xff"), (ORIG, b"\x01\x02\x03"), (RESP, b"x"))
    assert row["socks_method"] == "none acceptable"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("01 c6336407 0016", {"request_addr": "198.51.100.7", "request_port": 22}),
        ("04 20010db8000000000000000000000007 0016", {"request_addr": "2001:db8::7", "request_port": 22}),
        ("03 00 0016", {"request_name": "", "request_port": 22}),
    ],
)
def test_request_has_an_address_or_a_name(end, expected):
    ((_, row),) = exchange(OFFER, (RESP, b"\x05\x00"), (ORIG, bytes.fromhex("050100" + end)))
    assert {name: value for name, value in row.items() if name.startswith("request_")} == expected


@pytest.mark.parametrize(("code", "text"), [(5, "connection refused"), (9, "9")])
def test_refused_request_hands_nothing_over(code, text):
    refusal = (RESP, bytes((5, code, 0, 1)) + bytes(6))
    outcome = outcome_of(Socks(FLOW), [OFFER, (RESP, b"\x05\x00"), REQUEST, refusal, (ORIG, b"x"), (RESP, b"y")])
    ((_, row),) = outcome.rows
    assert (row["socks_reply"], "bound_addr" in row, outcome.handover) == (text, False, None)


def test_bind_is_answered_twice():
    request = (ORIG, bytes.fromhex("05 02 00 01 c6336407 0016"))
    second = (RESP, bytes.fromhex("05 00 00 01 c6336407 0014"))
    ((_, row),) = exchange(OFFER, (RESP, b"\x05\x00"), request, REPLY, second)
    assert (row["socks_command"], row["bound_addr"], row["socks_reply"]) == ("BIND", "192.0.2.80", "succeeded")


def test_tokens_of_gssapi_are_stepped_over():
    token = b"\x01\x01\x00\x02ab"
    turns = [OFFER, (RESP, b"\x05\x01"), (ORIG, token), (RESP, token)]
    assert exchange(*turns)[0][1]["socks_method"] == "GSSAPI"
    assert exchange(*turns[:-1], (RESP, b"\x01\xff"))[0][0] is TABLE


@pytest.mark.parametrize(
    ("request_4", "expected"),
    [
        (CONNECT_4, {"version": "4", "user": "joe", "request_addr": "198.51.100.7"}),
        (CONNECT_4A, {"version": "4A", "user": None, "request_name": "www.example.com"}),
    ],
)
def test_version_4_is_one_exchange(request_4, expected):
    turns = [(ORIG, request_4), (RESP, GRANTED_4), (ORIG, b"GET")]
    answer = {"socks_reply": "granted", "bound_addr": "192.0.2.80", "bound_port": 1024, "is_reverse": False}
    assert exchange(*turns) == [(TABLE, {"socks_command": "CONNECT", "request_port": 80, **expected, **answer})]
    assert outcome_of(Socks, turns).handover == (None, {})


def test_refusal_of_version_4_hands_nothing_over():
    outcome = outcome_of(Socks, [(ORIG, CONNECT_4), (RESP, b"\x00\x5b" + bytes(6))])
    assert (outcome.rows[0][1]["socks_reply"], outcome.handover) == ("rejected", None)


def test_user_of_version_4_is_bounded():
    for size, expected in ((NAME_BYTES, TABLE), (NAME_BYTES + 1, ANOMALIES)):
        said = CONNECT_4[:8] + b"a" * size + b"\x00"
        assert [table for table, _ in rows_of(Socks, [(ORIG, said)])] == [expected]


def test_relay_that_calls_its_client_is_told():
    turns = [(ORIG, b"hello"), (RESP, OFFER[1]), (ORIG, b"\x05\x00"), (RESP, REQUEST[1]), (ORIG, REPLY[1])]
    ((_, row),) = exchange(*turns)
    assert (row["is_reverse"], row["request_name"]) == (True, "www.example.com")


@pytest.mark.parametrize("said", [b"\x05\x01\x00\x02\x00", bytes.fromhex("040100 00"), bytes.fromhex("05 01 00 07 00")])
def test_broken_request_is_malformed_or_unfinished(said):
    rows = rows_of(Socks, [OFFER, (RESP, b"\x05\x00"), (ORIG, said)])
    assert [table for table, _ in rows] == [ANOMALIES, TABLE]


def test_nothing_is_made_up_behind_a_gap():
    ((_, row),) = rows_of(Socks, [OFFER, (RESP, 2), (ORIG, b"\x01\x02"), (RESP, b"\x05")])
    assert row == {"version": "5", "socks_methods": ["none", "user and password"], "is_reverse": False}


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (OFFER[1], Match.YES),
        (bytes.fromhex("05 01 00"), Match.YES),
        (bytes.fromhex("05 02 00 80"), Match.YES),
        (CONNECT_4, Match.YES),
        (CONNECT_4A, Match.YES),
        (bytes.fromhex("05 02 00"), Match.NO),  # one method is missing
        (bytes.fromhex("05 02 00 00"), Match.NO),  # the same method twice
        (bytes.fromhex("05 01 ff"), Match.NO),
        (CONNECT_4[:-1], Match.NO),
        (CONNECT_4A[:-1], Match.NO),
        (CONNECT_4 + b"x\x00", Match.NO),
        (bytes.fromhex("04 01 0000 c6336407 00"), Match.NO),  # port 0
        (b"GET / HTTP", Match.NO),
    ],
)
def test_first_message_is_of_the_length_it_says(payload, match):
    assert Socks.probe(payload, ORIG) is match


TURNS = [OFFER, CHOICE, LOG_IN, (RESP, b"\x01\x00"), REQUEST, REPLY]


def test_conversation_cut_anywhere_gives_rows_or_anomalies():
    for number, (side, said) in enumerate(TURNS):
        for size in range(len(said)):
            for table, row in rows_of(Socks, [*TURNS[:number], (side, said[:size])]):
                assert set(row) <= set(table.names)


@given(
    st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=40)), max_size=6), st.integers(0, len(TURNS))
)
def test_noise_gives_rows_or_anomalies(noise, at):
    for table, row in rows_of(Socks(FLOW), [*TURNS[:at], *noise, *TURNS[at:]]):
        assert set(row) <= set(table.names)
