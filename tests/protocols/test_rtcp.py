import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.protocols.rtcp import MAX_PACKETS, RTCP, Rtcp

REPORT = bytes.fromhex("80 c8 0006 34127856 ec1f0101 40000000 00003e80 00000064 00003e80")
NAME = bytes.fromhex("81 ca 0004 34127856 01 08 6140622e6578616d 0000")
BYE = bytes.fromhex("81 cb 0001 34127856")
SENDER = {"is_orig": True, "rtcp_packet": "sender report", "rtcp_ssrc": 0x34127856, "rtcp_sent_packets": 100}


def rows_of(payload):
    found = list(Rtcp().parse(Cursor(payload), Side.ORIGINATOR))
    assert all(table is RTCP for table, _ in found)
    return [row for _, row in found]


def test_each_packet_of_a_datagram_makes_a_row():
    assert rows_of(REPORT + NAME) == [
        SENDER | {"rtcp_sent_bytes": 16_000},
        {
            "is_orig": True,
            "rtcp_packet": "source description",
            "rtcp_ssrc": 0x34127856,
            "rtcp_cname": "a@b.exam",
        },
    ]


def test_a_source_without_a_lasting_name_has_none():
    assert rows_of(bytes.fromhex("81 ca 0002 34127856 00 000000"))[0]["rtcp_cname"] is None
    assert rows_of(bytes.fromhex("81 ca 0002 34127856 02 02 6162"))[0]["rtcp_cname"] is None


def test_what_is_encrypted_behind_the_head_is_left_out():
    assert rows_of(REPORT + b"\x5a" * 14) == [SENDER | {"rtcp_sent_bytes": 16_000}]


@pytest.mark.parametrize("n", [MAX_PACKETS, MAX_PACKETS + 1])
def test_no_more_packets_are_read_than_the_limit(n):
    assert len(rows_of(BYE * n)) == MAX_PACKETS


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (REPORT, Match.YES),
        (REPORT + NAME, Match.YES),
        (REPORT + b"\x5a" * 14, Match.YES),
        (BYE, Match.YES),
        (BYE + b"\0", Match.NO),
        (REPORT[:-1], Match.NO),
        (b"\x81" + REPORT[1:-1], Match.NO),
        (b"\x80\xc8", Match.NO),
        (b"\x40" + REPORT[1:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_lengths_that_fit_make_it_sure(payload, match):
    assert Rtcp.probe(payload, Side.ORIGINATOR) is match


def test_cut_short_it_tells_less():
    whole = rows_of(REPORT + NAME)
    for size in range(1, len(REPORT + NAME)):
        assert rows_of((REPORT + NAME)[:size]) == whole[: 0 if size < len(REPORT) else 1]


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_rows(noise):
    rows_of(noise)
    rows_of(REPORT + noise)
    Rtcp.probe(noise, Side.ORIGINATOR)
