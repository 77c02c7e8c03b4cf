"""DCE/RPC over TCP: calls and answers, of whatever size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.dcerpc_pdu import DCERPC
from quivive.kit.protocol import Match
from quivive.model.tables import ANOMALIES
from quivive.protocols.dcerpc import DceRpc
from tests.kit.test_dcerpc_pdu import BIND, BIND_ACK, CALL, FAULT, REQUEST, RESPONSE
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

TURNS = [(ORIG, BIND), (RESP, BIND_ACK), (ORIG, REQUEST), (RESP, RESPONSE)]
ANSWERED = CALL | {"dcerpc_status": "answered", "dcerpc_response_bytes": 4}


def test_call_and_answer_are_one_row():
    assert rows_in_every_cut(DceRpc, TURNS) == [(DCERPC, ANSWERED)]


def test_results_are_skipped_and_may_be_missing():
    long = RESPONSE[:8] + (50_000).to_bytes(2, "little") + RESPONSE[10:] + bytes(972)
    turns = [*TURNS[:3], (RESP, long), (RESP, 49_000), (ORIG, REQUEST), (RESP, FAULT)]
    rows = rows_of(DceRpc, turns)
    assert [row["dcerpc_status"] for _, row in rows] == ["answered", "access denied"]
    assert rows[0][1]["dcerpc_response_bytes"] == 49_976


def test_message_behind_a_gap_is_found():
    turns = [(ORIG, BIND), (ORIG, 9000), (ORIG, b"rest of arguments \5\0\0\3" + REQUEST)]
    assert [row["dcerpc_opnum"] for _, row in rows_of(DceRpc, turns)] == [12]
    assert rows_of(DceRpc, turns, chunk=3) == rows_of(DceRpc, turns)


def test_other_versions_are_malformed():
    assert rows_of(DceRpc, [(ORIG, b"\4" + BIND[1:])]) == [
        (ANOMALIES, {"place": "dcerpc", "anomaly": "no RPC message of version 5"})
    ]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (BIND, Match.YES),
        (RESPONSE, Match.YES),
        (b"\5\1\0\3" + bytes(4) + b"\0\x10" + bytes(6), Match.YES),
        (b"\5\1\0\3" + bytes(4) + b"\0\x0f" + bytes(6), Match.NO),
        (BIND[:15], Match.NO),
        (b"\5\2\0\1" + bytes(30) + b"\1", Match.NO),
        (BIND[:4] + b"\x20" + BIND[5:], Match.NO),
        (BIND[:2] + b"\x15" + BIND[3:], Match.NO),
    ],
)
def test_header_is_judged(payload, match):
    assert DceRpc.probe(payload, ORIG) == match


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_message_cut_at_any_byte_makes_no_fault(number):
    side, said = TURNS[number]
    for cut in range(len(said)):
        for table, row in rows_of(DceRpc, [*TURNS[:number], (side, said[:cut])]):
            assert set(row) <= set(table.names)


@given(st.integers(0, 3), st.integers(0, 80), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(number, at, noise):
    side, said = TURNS[number]
    said = said[:at] + noise + said[at + len(noise) :]
    for table, row in rows_of(DceRpc, [*TURNS[:number], (side, said), *TURNS[number + 1 :]]):
        assert set(row) <= set(table.names)
