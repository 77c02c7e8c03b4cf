import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.wireguard import WIREGUARD, Wireguard

INITIATION = bytes.fromhex("01000000 44332211") + bytes(range(140))
RESPONSE = bytes.fromhex("02000000 88776655 44332211") + bytes(range(80))
COOKIE = bytes.fromhex("03000000 44332211") + bytes(range(56))
DATA = bytes.fromhex("04000000 88776655 0500000000000000") + bytes(range(16))


def rows_of(*messages):
    wireguard = Wireguard()
    found = [row for message in messages for row in wireguard.parse(Cursor(message), Side.ORIGINATOR)]
    assert all(table is WIREGUARD for table, _ in found)
    return [row for _, row in found]


def test_a_handshake_ties_the_numbers_of_both_ends():
    assert rows_of(INITIATION, RESPONSE, COOKIE) == [
        {"is_orig": True, "wireguard_message": "initiation", "wireguard_sender": 0x11223344},
        {
            "is_orig": True,
            "wireguard_message": "response",
            "wireguard_sender": 0x55667788,
            "wireguard_receiver": 0x11223344,
        },
        {"is_orig": True, "wireguard_message": "cookie", "wireguard_receiver": 0x11223344},
    ]


def test_data_makes_one_row_for_each_side():
    assert rows_of(DATA, DATA) == [{"is_orig": True, "wireguard_message": "data", "wireguard_receiver": 0x55667788}]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (INITIATION, Match.YES),
        (RESPONSE, Match.YES),
        (COOKIE, Match.YES),
        (DATA, Match.YES),
        (INITIATION[:-1], Match.NO),
        (INITIATION + b"\0", Match.NO),
        (b"\1\0\0\7" + INITIATION[4:], Match.UNSURE),
        (DATA[:-1], Match.NO),
        (DATA[:15] + b"\1" + DATA[16:], Match.UNSURE),  # a counter that no tunnel reaches
        (b"\5" + DATA[1:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_exact_lengths_make_it_sure(payload, match):
    assert Wireguard.probe(payload, Side.ORIGINATOR) is match


@pytest.mark.parametrize("payload", [INITIATION, RESPONSE, COOKIE, DATA])
def test_cut_short_it_is_malformed(payload):
    for size in range(1, len(payload)):
        with pytest.raises(Malformed):
            rows_of(payload[:size])


@given(noise=st.binary(min_size=1, max_size=160))
def test_noise_gives_rows_or_is_malformed(noise):
    try:
        rows_of(noise)
    except Malformed:
        pass
    Wireguard.probe(noise, Side.ORIGINATOR)
