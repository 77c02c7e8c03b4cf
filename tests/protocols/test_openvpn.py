import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.openvpn import OPENVPN, Openvpn
from tests.protocols.stream_driver import ORIG, outcome_of, rows_in_every_cut

RESET = bytes.fromhex("38 d67be45be5c201eb 00 00000000")
WITH_SHA1 = bytes.fromhex("38 d67be45be5c201eb") + bytes(range(1, 21)) + bytes.fromhex("00000001 5e3e7b98 00 00000000")
SEALED = bytes.fromhex("38 d67be45be5c201eb 00000001 5e3e7b98") + bytes(range(37))
DATA = bytes.fromhex("48 000001") + bytes(40)
ROW = {"is_orig": True, "openvpn_message": "client reset", "openvpn_session": "d67be45be5c201eb"}


def rows_of(payload):
    return list(Openvpn().parse(Cursor(payload), Side.ORIGINATOR))


@pytest.mark.parametrize("payload", [RESET, WITH_SHA1, SEALED])
def test_a_reset_tells_its_session(payload):
    assert rows_of(payload) == [(OPENVPN, ROW)]


def test_over_a_stream_each_packet_has_its_length():
    packets = b"".join(len(packet).to_bytes(2, "big") + packet for packet in (WITH_SHA1, b"\x20" + bytes(30), DATA))
    assert rows_in_every_cut(Openvpn, [(ORIG, packets)]) == [(OPENVPN, ROW)]


def test_data_ends_the_reading():
    cursor = Cursor(DATA)
    assert list(Openvpn().parse(cursor, Side.ORIGINATOR)) == []
    assert cursor.is_done


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (RESET, Match.YES),
        (WITH_SHA1, Match.YES),
        (SEALED, Match.YES),
        (b"\0\x2a" + WITH_SHA1, Match.YES),
        (RESET + b"\0", Match.UNSURE),
        (b"\x38" + bytes(13), Match.UNSURE),  # no session
        (WITH_SHA1[:-1] + b"\1", Match.UNSURE),
        (b"\x39" + RESET[1:], Match.NO),
        (b"\x18" + RESET[1:], Match.NO),
        (RESET[:-1], Match.NO),
        (b"", Match.NO),
    ],
)
def test_packet_number_one_makes_it_sure(payload, match):
    assert Openvpn.probe(payload, Side.ORIGINATOR) is match


def test_an_unknown_opcode_is_malformed():
    with pytest.raises(Malformed):
        rows_of(b"\xf8" + RESET[1:])


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_and_cuts_give_rows_or_are_malformed(noise):
    for payload in (noise, RESET[: len(noise)], b"\x38" + noise):
        try:
            rows_of(payload)
        except DissectError:
            pass
        outcome_of(Openvpn, [(ORIG, payload)])
        Openvpn.probe(payload, Side.ORIGINATOR)
