import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.s7comm import TABLE, S7comm
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

READ = bytes.fromhex("03 00 001f 02 f0 80 32 01 0000 0005 000e 0000 04 01 12 0a 10 02 0004 0001 84 000000")
ANSWER = bytes.fromhex("03 00 0016 02 f0 80 32 03 0000 0005 0002 0001 00 00 04 01 ff")
STOP = bytes.fromhex("03 00 0021 02 f0 80 32 01 0000 0006 0010 0000 29 0000000000 09 505f50524f4752414d")
SERVICES = bytes.fromhex("03 00 0019 02 f0 80 32 07 0000 0007 0008 0000 00 01 12 04 11 44 01 00")
EMPTY = bytes.fromhex("03 00 0007 02 f0 80")


def test_a_read_and_its_answer_are_rows():
    assert rows_in_every_cut(S7comm, [(ORIG, READ), (RESP, ANSWER)]) == [
        (
            TABLE,
            {
                "is_orig": True,
                "s7comm_kind": "request",
                "s7comm_function": "read variable",
                "s7comm_reference": 5,
                "s7comm_items": 1,
            },
        ),
        (
            TABLE,
            {
                "is_orig": False,
                "s7comm_kind": "answer",
                "s7comm_function": "read variable",
                "s7comm_reference": 5,
                "s7comm_items": 1,
                "s7comm_error": 0,
            },
        ),
    ]


def test_a_stop_is_named_and_an_empty_fragment_left_out():
    ((_, row),) = rows_in_every_cut(S7comm, [(ORIG, EMPTY + STOP)])
    assert (row["s7comm_function"], row["s7comm_reference"]) == ("PLC stop", 6)


def test_user_data_is_named_by_its_group():
    ((_, row),) = rows_of(S7comm, [(ORIG, SERVICES)])
    assert (row["s7comm_kind"], row["s7comm_function"]) == ("user data", "CPU functions")


@pytest.mark.parametrize(
    "payload", [b"\4" + READ[1:], b"\3\0\0\6" + READ[4:], bytes.fromhex("0300000d02f08032010000000500")[:13]]
)
def test_what_is_not_framed_so_is_malformed(payload):
    assert rows_of(S7comm, [(ORIG, payload)])[0][0] is ANOMALIES


def test_a_port_proves_nothing():
    assert S7comm.probe(READ, Side.ORIGINATOR) is Match.NO


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_and_cuts_give_rows(noise):
    rows_of(S7comm, [(ORIG, noise)])
    rows_of(S7comm, [(ORIG, READ[: len(noise)])])
    rows_of(S7comm, [(ORIG, READ[:8] + noise)])
