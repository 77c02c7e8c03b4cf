"""DCE/RPC: calls and answers, of whatever size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.messages.dcerpc_pdu import DCERPC
from quivive.model.errors import Malformed
from quivive.model.tables import ANOMALIES
from quivive.protocols.dcerpc import DceRpc
from tests.messages.test_dcerpc_pdu import ANSWERED as ANSWER
from tests.messages.test_dcerpc_pdu import BIND, BIND_ACK, CALL, FAULT, REQUEST, RESPONSE
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

TURNS = [(ORIG, BIND), (RESP, BIND_ACK), (ORIG, REQUEST), (RESP, RESPONSE)]
ANSWERED = CALL | ANSWER
ALONE = {"dcerpc_version": "4.0", "dcerpc_call_id": 7}


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


DATAGRAM = bytes.fromhex(
    "04 00 08 00 100000 00"  # version 4, request, no fack, little endian
    "00000000000000000000000000000000"  # object
    "81bb7a36 4498 f135 ad32 98f038001003"  # svcctl
    "11111111111111111111111111111111"  # activity
    "00000000 02000000 07000000"  # boot time, version 2, sequence 7
    "0c00 ffff ffff 0800 0000 00 00"  # operation 12, hints, 8 bytes, fragment 0
    "0000000000000000"
)
ANSWERED_DATAGRAM = DATAGRAM[:1] + b"\2" + DATAGRAM[2:74] + b"\4\0" + DATAGRAM[76:84]
REJECTED_DATAGRAM = DATAGRAM[:1] + b"\6" + DATAGRAM[2:74] + b"\4\0" + DATAGRAM[76:80] + bytes.fromhex("0300011c")


def datagrams(*said):
    protocol = DceRpc()
    rows = []
    for number, payload in enumerate(said):
        rows += protocol.parse(Cursor(payload), (ORIG, RESP)[number % 2])
    return [*rows, *protocol.close()]


def test_call_without_a_connection_is_read():
    assert datagrams(DATAGRAM, ANSWERED_DATAGRAM) == [(DCERPC, ANSWERED | ALONE)]
    assert datagrams(DATAGRAM, REJECTED_DATAGRAM) == [(DCERPC, CALL | ALONE | {"dcerpc_status": "nca_s_unk_if"})]
    assert datagrams(DATAGRAM) == [(DCERPC, CALL | ALONE | {"dcerpc_status": None})]


def test_answer_in_parts_is_one_row():
    first = ANSWERED_DATAGRAM[:2] + b"\4" + ANSWERED_DATAGRAM[3:]
    last = ANSWERED_DATAGRAM[:2] + b"\6" + ANSWERED_DATAGRAM[3:]
    ((_, row),) = datagrams(DATAGRAM, first, DATAGRAM[:1] + b"\7" + DATAGRAM[2:], last)
    assert row["dcerpc_response_bytes"] == 8


def test_datagram_cut_at_any_byte_is_rows_or_malformed():
    for cut in range(1, len(DATAGRAM)):
        try:
            datagrams(DATAGRAM[:cut])
        except Malformed:
            continue
    with pytest.raises(Malformed):
        datagrams(DATAGRAM[:1] + b"\x0b" + DATAGRAM[2:])


def test_other_versions_are_malformed():
    assert rows_of(DceRpc, [(ORIG, b"\3" + BIND[1:])]) == [
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
        (DATAGRAM, Match.YES),
        (DATAGRAM[:84], Match.NO),
        (DATAGRAM[:1] + b"\x0b" + DATAGRAM[2:], Match.NO),
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
