"""Telnet: one row per session, and the log-ins that were made at its prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.messages.prompts import LINE_KEPT, LOG_INS
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import CREDENTIALS, IDENTITIES
from quivive.protocols.telnet import NAMES_KEPT, OPTIONS_KEPT, SUBNEGOTIATION_BYTES, TABLE, Telnet
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.23", 23, 6))

REQUESTS = [
    (ORIG, bytes.fromhex("fffd03 fffb18")),  # DO SUPPRESS-GO-AHEAD, WILL TERMINAL-TYPE
    (RESP, bytes.fromhex("fffb03 fffd18 fffa1801fff0")),  # WILL, DO, SB TERMINAL-TYPE SEND
    (ORIG, bytes.fromhex("fffa1800") + b"xterm" + bytes.fromhex("fff0")),  # SB TERMINAL-TYPE IS xterm
]
OPTIONS = [
    "orig DO SUPPRESS-GO-AHEAD",
    "orig WILL TERMINAL-TYPE",
    "resp WILL SUPPRESS-GO-AHEAD",
    "resp DO TERMINAL-TYPE",
]
LOG_IN = [
    (RESP, b"\r\nhost login: "),
    (ORIG, b"joe\r\x00"),
    (RESP, b"joe\r\nPassword: "),
    (ORIG, b"swordfish\r\x00"),
]
CREDENTIAL = {"protocol": "telnet", "user": "joe", "login_method": "prompt", "secret_mask": "8-15 characters"}
IDENTITY = {"protocol": "telnet", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}


def exchange(*turns, flow=FLOW):
    return rows_in_every_cut(Telnet, turns, flow)


def accepted(*turns):
    return [row["is_accepted"] for table, row in exchange(*turns) if table is CREDENTIALS]


def test_session_is_one_row():
    expected = {"user": None, "telnet_options": OPTIONS, "n_typed_lines": 0, "terminal_type": "xterm"}
    assert exchange(*REQUESTS) == [(TABLE, expected)]


def test_log_in_at_a_prompt_is_a_credential():
    assert exchange(*LOG_IN, (RESP, b"\r\nLast login: Monday\r\n$ "), (ORIG, b"ls\r\n")) == [
        (CREDENTIALS, {**CREDENTIAL, "is_accepted": True}),
        (IDENTITIES, {**IDENTITY, "identity_evidence": "login prompt"}),
        (TABLE, {"user": "joe", "telnet_options": [], "n_typed_lines": 3}),
    ]


@pytest.mark.parametrize(
    ("after", "is_accepted"),
    [
        ([(RESP, b"\r\nWelcome\r\n")], True),
        ([(RESP, b"\r\n[joe@host ~]$ ")], True),
        ([(RESP, b"\r\nrouter> "), (ORIG, b"show\r\n")], True),
        ([(RESP, b"\r\nLogin incorrect\r\n")], False),
        ([(RESP, b"\r\nhost login: "), (ORIG, b"x")], False),
        ([(RESP, b"\r\nhost login: ")], None),
        ([(RESP, b"\r\nmotd of the day\r\n")], None),
        ([], None),
    ],
)
def test_what_follows_decides_on_a_log_in(after, is_accepted):
    assert accepted(*LOG_IN, *after) == [is_accepted]


def test_characters_sent_one_by_one_and_corrected_are_one_name():
    turns = [(RESP, b"login: ")]
    for key in (b"j", b"p", b"q", b"\x7f", b"\x08", b"o", b"e"):
        turns += [(ORIG, key), (RESP, key)]
    turns += [(ORIG, b"\r\n"), *LOG_IN[2:], (RESP, b"\r\nWelcome\r\n")]
    assert exchange(*turns)[0] == (CREDENTIALS, {**CREDENTIAL, "is_accepted": True})


def test_secret_is_nowhere():
    assert "swordfish" not in str(exchange(*REQUESTS, *LOG_IN, (RESP, b"swordfish? incorrect\r\n")))


def test_line_without_a_prompt_is_counted_alone():
    assert exchange(*REQUESTS, (RESP, b"enter code: "), (ORIG, b"1234\r\n"))[0][1]["n_typed_lines"] == 1


def test_environment_is_told():
    variables = b"\x00USER\x01joe\x03MODE\x01a\x02\x01b\x00DISPLAY\x01pc7:0\x03EMPTY\x00USER\x01joe"
    turns = [(ORIG, b"\xff\xfa\x27\x00" + variables + b"\xff\xf0"), (ORIG, b"\xff\xfc\x01")]
    assert exchange(*turns) == [
        (
            TABLE,
            {
                "user": "joe",
                "telnet_options": ["orig WONT ECHO"],
                "n_typed_lines": 0,
                "environment_names": ["USER", "MODE", "DISPLAY", "EMPTY"],
                "x_display": "pc7:0",
            },
        )
    ]


def test_name_of_the_authentication_option_is_the_user():
    turns = [(ORIG, b"\xff\xfa\x25\x03joe\xff\xf0\xff\xfc\x01"), (ORIG, b"\xff\xfa\x25\x03\xff\xf0")]
    assert exchange(turns[0])[0][1]["user"] == "joe"
    assert exchange(turns[1]) == []


def test_doubled_iac_is_one_byte_of_an_option():
    turns = [*REQUESTS[:2], (ORIG, b"\xff\xfa\x18\x00a\xff\xff\xf0b\xff\xf0")]
    assert exchange(*turns)[0][1]["terminal_type"] == "a\\xff\\xf0b"


def test_start_tls_hands_over():
    follows = b"\xff\xfa\x2e\x01\xff\xf0"
    turns = [(RESP, b"\xff\xfd\x2e"), (ORIG, b"\xff\xfb\x2e" + follows), (RESP, follows), (ORIG, b"\x16\x03")]
    outcome = outcome_of(Telnet, turns)
    assert outcome.handover == ("tls", {})
    assert outcome.rest[ORIG] == b"\x16\x03"
    assert outcome_of(Telnet, turns[:2]).handover is None


def test_subnegotiation_without_end_is_not_waited_for():
    endless = b"\xff\xfa\x18\x00" + b"a" * (SUBNEGOTIATION_BYTES - 4)
    assert exchange((ORIG, b"\xff\xfb\x01"), (ORIG, endless[:-1] + b"\r"))[0][1]["n_typed_lines"] == 1
    turns = [(ORIG, b"\xff\xfb\x01"), (ORIG, endless + b"\r\n"), (ORIG, b"\xff\xf0\xff\xfb\x03")]
    assert exchange(*turns)[0][1]["telnet_options"] == ["orig WILL ECHO", "orig WILL SUPPRESS-GO-AHEAD"]


def test_options_are_bounded():
    requests = b"".join(b"\xff" + bytes((verb, option)) for verb in (251, 252) for option in range(OPTIONS_KEPT))
    assert len(rows_of(Telnet, [(ORIG, requests)])[0][1]["telnet_options"]) == OPTIONS_KEPT
    assert len(rows_of(Telnet, [(ORIG, requests[:-3])])[0][1]["telnet_options"]) == OPTIONS_KEPT
    assert len(rows_of(Telnet, [(ORIG, requests[: 3 * OPTIONS_KEPT - 3])])[0][1]["telnet_options"]) == OPTIONS_KEPT - 1


def test_variables_are_bounded():
    for number in (NAMES_KEPT, NAMES_KEPT + 1):
        turns = [(ORIG, b"".join(b"\xff\xfa\x27\x00\x03A%d\x01x\xff\xf0" % k for k in range(number)) + b"\xff\xfb\x01")]
        assert len(rows_of(Telnet, turns)[0][1]["environment_names"]) == NAMES_KEPT


def test_log_ins_are_bounded():
    assert len(accepted(*LOG_IN * LOG_INS)) == LOG_INS
    assert len(accepted(*LOG_IN * (LOG_INS + 1))) == LOG_INS


def test_long_lines_are_cut():
    turns = [(RESP, b"x" * LINE_KEPT + b"login: "), (ORIG, b"j" * (LINE_KEPT + 1) + b"\r\n"), *LOG_IN[2:]]
    assert exchange(*turns)[0][1]["user"] == "j" * LINE_KEPT


def test_gap_makes_nothing_up():
    turns = [*REQUESTS, *LOG_IN[:3], (ORIG, 4), (ORIG, b"fish\r\n")]
    assert [table for table, _ in rows_of(Telnet(FLOW), turns)] == [TABLE]


def test_flow_that_began_with_the_server_is_turned():
    flow = Flow(five_tuple=FiveTuple("192.0.2.23", 23, "192.0.2.1", 50000, 6))
    turns = [(side.other, said) for side, said in [*LOG_IN, (RESP, b"\r\nWelcome\r\n")]]
    rows = exchange(*turns, flow=flow)
    assert rows[1] == (IDENTITIES, {**IDENTITY, "identity_evidence": "login prompt"})


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (bytes.fromhex("fffd03 fffb18"), Match.YES),
        (bytes.fromhex("fffd03"), Match.YES),
        (bytes.fromhex("fffd03") + b"hello", Match.UNSURE),
        (b"\r\nUsername: ", Match.UNSURE),
        (b"Password:", Match.UNSURE),
        (bytes.fromhex("fffb90 64"), Match.NO),  # a frame of MPEG audio
        (bytes.fromhex("fffd"), Match.NO),
        (b"hello", Match.NO),
    ],
)
def test_requests_for_options_are_recognised(payload, match):
    assert Telnet.probe(payload, ORIG) is match


def test_conversation_cut_anywhere_gives_rows():
    turns = [*REQUESTS, *LOG_IN]
    for number, (side, said) in enumerate(turns):
        for size in range(len(said)):
            for table, row in rows_of(Telnet, [*turns[:number], (side, said[:size])]):
                assert set(row) <= set(table.names)


@given(st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=8))
def test_noise_gives_the_same_rows_in_every_cut(noise):
    for table, row in exchange(*REQUESTS, *noise, *LOG_IN, *noise):
        assert set(row) <= set(table.names)
