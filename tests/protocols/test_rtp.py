import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.protocols.rtp import MAX_FRAMES, MAX_SOURCES, RTP, Rtp

PCMA = bytes.fromhex("80 08 0f62 436d6bfc 34127856") + b"\xd5" * 160
DYNAMIC = bytes.fromhex("80 66 55c2 0001285c 205e9160") + bytes(32)
FIRST = {"is_orig": True, "rtp_ssrc": 0x34127856, "rtp_payload_type": 8, "rtp_codec": "PCMA", "rtp_sequence": 0x0F62}


def rows_of(*packets, rtp=None, side=Side.ORIGINATOR):
    rtp = rtp or Rtp()
    found = [row for packet in packets for row in rtp.parse(Cursor(packet), side)]
    assert all(table is RTP for table, _ in found)
    return [row for _, row in found]


def test_a_source_makes_one_row_however_much_it_says():
    assert rows_of(PCMA, PCMA[:2] + b"\x0f\x63" + PCMA[4:], PCMA) == [FIRST]


def test_each_side_source_and_type_makes_its_own():
    rtp = Rtp()
    assert rows_of(PCMA, DYNAMIC, rtp=rtp)[1]["rtp_codec"] is None
    assert rows_of(PCMA, rtp=rtp, side=Side.RESPONDER) == [FIRST | {"is_orig": False}]


@pytest.mark.parametrize("n", [MAX_SOURCES, MAX_SOURCES + 1])
def test_no_more_sources_are_told_than_the_limit(n):
    packets = [PCMA[:8] + number.to_bytes(4, "big") + PCMA[12:] for number in range(1, n + 1)]
    assert len(rows_of(*packets)) == MAX_SOURCES


@pytest.mark.parametrize(
    "payload", [b"\x00\x01", PCMA[:11], b"\x81\xc8\x00\x0c" + bytes(60), b"\x16\xfe\xfd" + bytes(20)]
)
def test_what_shares_the_port_makes_no_row(payload):
    assert rows_of(payload) == []


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (PCMA, Match.YES),
        (PCMA[:12] + bytes(80 * MAX_FRAMES), Match.YES),
        (PCMA[:12] + bytes(80 * MAX_FRAMES + 80), Match.UNSURE),
        (PCMA[:-1], Match.UNSURE),
        (PCMA[:8] + bytes(4) + PCMA[12:], Match.UNSURE),  # no source
        (DYNAMIC, Match.UNSURE),
        (b"\x80\x21\0\1" + bytes(4) + b"\0\0\0\1\x47" + bytes(187), Match.YES),
        (b"\x80\x21\0\1" + bytes(4) + b"\0\0\0\1\x48" + bytes(187), Match.UNSURE),
        (b"\x80\x48" + PCMA[2:], Match.NO),
        (b"\x40" + PCMA[1:], Match.NO),
        (PCMA[:11], Match.NO),
        (b"", Match.NO),
    ],
)
def test_frames_of_a_known_size_make_it_sure(payload, match):
    assert Rtp.probe(payload, Side.ORIGINATOR) is match


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_rows(noise):
    rows_of(noise, PCMA[:12] + noise)
    Rtp.probe(noise, Side.ORIGINATOR)
