import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import DissectError
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.someip import MAX_MESSAGE, MAX_SEEN, SOMEIP, Someip
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

REQUEST = bytes.fromhex("0101 0002 0000000a 0001 0001 01 01 00 00 abcd")
ANSWER = bytes.fromhex("0101 0002 00000008 0001 0001 01 01 80 00")
PART = bytes.fromhex("0101 0009 0000000c 0000 0005 01 01 20 00 00000001")
ROW = {
    "is_orig": True,
    "someip_service": 257,
    "someip_method": 2,
    "someip_kind": "request",
    "someip_client": 1,
    "someip_interface": 1,
    "someip_return_code": 0,
    "is_segmented": False,
}


def test_each_kind_of_message_makes_one_row():
    assert rows_in_every_cut(Someip, [(ORIG, REQUEST + REQUEST), (RESP, ANSWER)]) == [
        (SOMEIP, ROW),
        (SOMEIP, ROW | {"is_orig": False, "someip_kind": "response"}),
    ]


def test_a_part_of_a_message_says_so():
    ((_, row),) = rows_of(Someip, [(ORIG, PART)])
    assert (row["someip_kind"], row["is_segmented"]) == ("request", True)


@pytest.mark.parametrize("n", [MAX_SEEN, MAX_SEEN + 1])
def test_no_more_kinds_are_told_than_the_limit(n):
    messages = b"".join(REQUEST[:2] + method.to_bytes(2, "big") + REQUEST[4:] for method in range(n))
    assert len(rows_of(Someip, [(ORIG, messages)])) == MAX_SEEN


@pytest.mark.parametrize("size", [7, MAX_MESSAGE + 1])
def test_a_length_out_of_bounds_is_malformed(size):
    assert rows_of(Someip, [(ORIG, REQUEST[:4] + size.to_bytes(4, "big") + REQUEST[8:])])[0][0] is ANOMALIES


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (REQUEST, Match.YES),
        (REQUEST + ANSWER, Match.YES),
        (REQUEST[:-1], Match.NO),
        (REQUEST + b"\0", Match.NO),
        (REQUEST[:12] + b"\2" + REQUEST[13:], Match.NO),
        (REQUEST[:14] + b"\3" + REQUEST[15:], Match.NO),
        (bytes(4) + REQUEST[4:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_length_version_and_kind_make_it_sure(payload, match):
    assert Someip.probe(payload, Side.ORIGINATOR) is match


def test_cut_short_it_is_malformed_at_the_end():
    for size in range(1, 16):
        assert rows_of(Someip, [(ORIG, REQUEST[:size])])[0][0] is ANOMALIES


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_gives_rows_or_is_malformed(noise):
    for payload in (noise, REQUEST[:12] + noise):
        try:
            list(Someip().parse(Cursor(payload), Side.ORIGINATOR))
        except DissectError:
            pass
        outcome_of(Someip, [(ORIG, payload)])
        Someip.probe(payload, Side.ORIGINATOR)
