import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.mpegts import MAX_PIDS, MPEGTS, Mpegts


def packet(pid, control=0x10):
    return b"\x47" + pid.to_bytes(2, "big") + bytes([control]) + b"\xff" * 184


def rows_of(*datagrams):
    stream = Mpegts()
    for datagram in datagrams:
        assert list(stream.parse(Cursor(datagram), Side.ORIGINATOR)) == []
    return list(stream.close())


def test_the_streams_of_a_flow_are_told_when_it_ends():
    assert rows_of(packet(0) + packet(0x101), packet(0x1FFF) + packet(0x101)) == [
        (MPEGTS, {"mpegts_pids": [0, 0x101], "is_scrambled": False})
    ]


def test_scrambling_is_told():
    assert rows_of(packet(1), packet(1, 0x90))[0][1]["is_scrambled"] is True


@pytest.mark.parametrize("n", [MAX_PIDS, MAX_PIDS + 1])
def test_no_more_streams_are_told_than_the_limit(n):
    assert len(rows_of(b"".join(packet(pid) for pid in range(n)))[0][1]["mpegts_pids"]) == MAX_PIDS


def test_out_of_step_it_is_malformed():
    for datagram in (b"\x48" + bytes(187), packet(1) + b"\x48" + bytes(187)):
        with pytest.raises(Malformed):
            rows_of(datagram)


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (packet(1) * 3, Match.YES),
        (packet(1) * 2, Match.UNSURE),
        (packet(1), Match.UNSURE),
        (packet(1) * 3 + b"\x47", Match.NO),
        (packet(1) + b"\x48" + bytes(187), Match.NO),
        (b"", Match.NO),
    ],
)
def test_packets_in_step_make_it_sure(payload, match):
    assert Mpegts.probe(payload, Side.ORIGINATOR) is match


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_and_cuts_give_rows_or_are_malformed(noise):
    for payload in (noise, packet(1) + noise, packet(1)[: len(noise)]):
        try:
            rows_of(payload)
        except Malformed:
            pass
        Mpegts.probe(payload, Side.ORIGINATOR)
