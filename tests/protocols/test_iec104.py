import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.iec104 import IEC104, Iec104
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

START = bytes.fromhex("68 04 07 00 00 00")
CONFIRMED = bytes.fromhex("68 04 0b 00 00 00")
SEEN = bytes.fromhex("68 04 01 00 02 00")
ASK = bytes.fromhex("68 0e 0000 0000 64 01 06 00 0100 000000 14")
REFUSED = bytes.fromhex("68 0e 0200 0200 2d 01 47 00 0100 102700 01")


def test_a_link_that_starts_and_a_command_are_rows():
    assert rows_in_every_cut(Iec104, [(ORIG, START), (RESP, CONFIRMED), (ORIG, ASK), (RESP, SEEN + REFUSED)]) == [
        (IEC104, {"is_orig": True, "iec104_type": "link start"}),
        (IEC104, {"is_orig": False, "iec104_type": "link start confirmed"}),
        (
            IEC104,
            {
                "is_orig": True,
                "iec104_type": "interrogation",
                "iec104_objects": 1,
                "iec104_cause": "activation",
                "is_negative": False,
                "iec104_station": 1,
                "iec104_object": 0,
            },
        ),
        (
            IEC104,
            {
                "is_orig": False,
                "iec104_type": "single command",
                "iec104_objects": 1,
                "iec104_cause": "activation confirmed",
                "is_negative": True,
                "iec104_station": 1,
                "iec104_object": 10000,
            },
        ),
    ]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (START + ASK, Match.YES),
        (ASK, Match.UNSURE),
        (SEEN, Match.UNSURE),
        (ASK + b"\x68", Match.NO),
        (ASK[:-1], Match.NO),
        (b"\x68\x03\0\0\0", Match.NO),
        (b"\x68\x04\x0f\0\0\0", Match.NO),
        (ASK[:6] + b"\xff" + ASK[7:], Match.NO),
        (b"", Match.UNSURE),
    ],
)
def test_units_one_after_another_make_it_sure(payload, match):
    assert Iec104.probe(payload, Side.ORIGINATOR) is match


@pytest.mark.parametrize("payload", [b"\x67" + ASK[1:], b"\x68\x03" + ASK[2:], b"\x68\xfe" + ASK[2:]])
def test_another_beginning_is_malformed(payload):
    assert rows_of(Iec104, [(ORIG, payload)])[0][0] is ANOMALIES


def test_cut_short_it_is_malformed_at_the_end():
    for size in range(1, len(ASK)):
        assert rows_of(Iec104, [(ORIG, ASK[:size])])[0][0] is ANOMALIES


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_gives_rows(noise):
    rows_of(Iec104, [(ORIG, noise)])
    rows_of(Iec104, [(ORIG, ASK[:6] + noise)])
    Iec104.probe(noise, Side.ORIGINATOR)
    Iec104.probe(ASK + noise, Side.ORIGINATOR)
