"""rlogin: one row per session, and the log-in at its prompt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.rlogin import NAME_BYTES, TABLE, Rlogin
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 1023, "192.0.2.13", 513, 6))

OPENING = (ORIG, b"\x00joe\x00root\x00vt100/9600\x00")
ROW = {"user": "root", "client_user": "joe", "terminal_type": "vt100", "terminal_speed": "9600", "n_typed_lines": 0}
IDENTITY = {"protocol": "rlogin", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}
CLIENT_USER = (IDENTITIES, {**IDENTITY, "identity_evidence": "client user name"})


def test_opening_is_a_row_and_an_identity():
    assert rows_in_every_cut(Rlogin, [OPENING, (RESP, b"\x00")], FLOW) == [CLIENT_USER, (TABLE, ROW)]


def test_client_without_a_name_is_nobody():
    rows = rows_in_every_cut(Rlogin, [(ORIG, b"\x00\x00root\x00vt100/9600\x00")], FLOW)
    assert rows == [(TABLE, {**ROW, "client_user": ""})]


def test_log_in_at_the_prompt_is_a_credential():
    turns = [OPENING, (RESP, b"\x00Password: "), (ORIG, b"swordfish\r"), (RESP, b"\r\nLast login: Monday\r\n")]
    credential = {"protocol": "rlogin", "user": "root", "login_method": "prompt", "secret_mask": "8-15 characters"}
    assert rows_in_every_cut(Rlogin, turns, FLOW) == [
        CLIENT_USER,
        (CREDENTIALS, {**credential, "is_accepted": True}),
        (IDENTITIES, {**IDENTITY, "user": "root", "identity_evidence": "login prompt"}),
        (TABLE, {**ROW, "n_typed_lines": 1}),
    ]


def test_gap_in_the_opening_ends_it():
    assert rows_of(Rlogin, [(ORIG, b"\x00jo"), (ORIG, 5), (ORIG, b"t\x00vt100/9600\x00"), (RESP, b"\x00")]) == []


def test_gap_behind_the_opening_loses_the_line_alone():
    turns = [OPENING, (RESP, b"Password: "), (ORIG, 9), (ORIG, b"\r"), (RESP, b"\r\n$ ")]
    assert rows_of(Rlogin(FLOW), turns) == [CLIENT_USER, (TABLE, {**ROW, "n_typed_lines": 1})]


@pytest.mark.parametrize(("size", "is_broken"), [(NAME_BYTES, False), (NAME_BYTES + 1, True)])
def test_names_are_bounded(size, is_broken):
    rows = rows_of(Rlogin, [(ORIG, b"\x00" + b"a" * size + b"\x00root\x00vt100/9600\x00")])
    assert (rows[0][0] is ANOMALIES) is is_broken


def test_other_openings_are_malformed():
    assert [table for table, _ in rows_of(Rlogin, [(ORIG, b"joe\x00root\x00vt100/9600\x00")])] == [ANOMALIES]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (OPENING[1], Match.YES),
        (b"\x00\x00root\x00dumb/38400\x00", Match.YES),
        (b"\x00", Match.UNSURE),
        (b"\x00joe\x00root\x00vt100\x00", Match.NO),
        (OPENING[1] + b"x", Match.NO),
        (b"joe", Match.NO),
    ],
)
def test_opening_is_recognised(payload, match):
    assert Rlogin.probe(payload, ORIG) is match


def test_conversation_cut_anywhere_gives_rows_or_anomalies():
    turns = [OPENING, (RESP, b"\x00Password: "), (ORIG, b"swordfish\r")]
    for number, (side, said) in enumerate(turns):
        for size in range(len(said)):
            for table, row in rows_of(Rlogin, [*turns[:number], (side, said[:size])]):
                assert set(row) <= set(table.names)


@given(st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=6), st.booleans())
def test_noise_gives_the_same_rows_in_every_cut(noise, is_opened):
    for table, row in rows_in_every_cut(Rlogin, [*([OPENING] if is_opened else []), *noise], FLOW):
        assert set(row) <= set(table.names)
