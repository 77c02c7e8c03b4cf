import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.cotp import COTP, MAX_PARAMETERS, Cotp
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

REQUEST = bytes.fromhex("03 00 0016 11 e0 0000 0001 00 c1 02 0100 c2 02 0102 c0 01 0a")
CONFIRM = bytes.fromhex("03 00 0016 11 d0 0001 0002 00 c1 02 0100 c2 02 0102 c0 01 0a")
NAMED = bytes.fromhex("03 00 0018 13 e0 0000 0001 00 c1 04 534c4156 c2 02 0102 c0 01 0a")
SETUP = bytes.fromhex("03 00 0019 02 f0 80 32 01 0000 0001 0008 0000 f0 00 0001 0001 03c0")


def test_a_connection_tells_who_called_whom_and_hands_on():
    outcome = outcome_of(Cotp, [(ORIG, REQUEST), (RESP, CONFIRM), (ORIG, SETUP)])
    assert outcome.rows == [(COTP, {"calling_tsap": "0100", "called_tsap": "0102", "is_confirmed": True})]
    assert outcome.handover and outcome.handover.to == "s7comm"
    assert outcome.rest[ORIG] == SETUP


def test_in_every_cut_it_is_the_same():
    assert rows_in_every_cut(Cotp, [(ORIG, REQUEST), (RESP, CONFIRM)])


@pytest.mark.parametrize(("first", "to"), [("72", "s7comm_plus"), ("0d", "iso_mms"), ("7f", None)])
def test_the_first_byte_carried_tells_what_comes(first, to):
    outcome = outcome_of(Cotp, [(ORIG, REQUEST + SETUP[:7] + bytes.fromhex(first) + SETUP[8:])])
    assert outcome.handover and outcome.handover.to == to


def test_a_selector_may_be_text():
    ((_, row),) = rows_of(Cotp, [(ORIG, NAMED)])
    assert row == {"calling_tsap": "SLAV", "called_tsap": "0102", "is_confirmed": False}


def test_no_more_parameters_are_read_than_the_limit():
    unit = bytes.fromhex("e0 0000 0001 00") + b"\xc0\0" * MAX_PARAMETERS + b"\xc1\1A"
    packet = b"\3\0" + (len(unit) + 5).to_bytes(2, "big") + bytes([len(unit)]) + unit
    assert "calling_tsap" not in rows_of(Cotp, [(ORIG, packet)])[0][1]
    unit = bytes.fromhex("e0 0000 0001 00") + b"\xc0\0" * (MAX_PARAMETERS - 1) + b"\xc1\1A"
    packet = b"\3\0" + (len(unit) + 5).to_bytes(2, "big") + bytes([len(unit)]) + unit
    assert rows_of(Cotp, [(ORIG, packet)])[0][1]["calling_tsap"] == "A"


def test_another_version_or_a_packet_too_short_is_malformed():
    assert rows_of(Cotp, [(ORIG, b"\4" + REQUEST[1:])])[0][0] is ANOMALIES
    assert rows_of(Cotp, [(ORIG, b"\3\0\0\6" + REQUEST[4:])])[0][0] is ANOMALIES


def test_a_port_proves_nothing():
    assert Cotp.probe(REQUEST, Side.ORIGINATOR) is Match.NO


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_and_cuts_give_rows(noise):
    outcome_of(Cotp, [(ORIG, noise)])
    outcome_of(Cotp, [(ORIG, REQUEST[: len(noise)])])
    outcome_of(Cotp, [(ORIG, REQUEST[:5] + noise)])
