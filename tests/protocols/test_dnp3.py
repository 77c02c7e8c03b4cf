import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.dnp3 import DNP3, Dnp3, check_sum
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

RESET = bytes.fromhex("05 64 05 c0 0100 0004 e921")  # master 1024 to outstation 1
TEST = bytes.fromhex("05 64 05 c0 0100 0a00 e08c")  # master 10 to outstation 1


def frame(control, dst, src, data):
    head = bytes([0x05, 0x64, 5 + len(data), control]) + dst.to_bytes(2, "little") + src.to_bytes(2, "little")
    blocks = [head, *(data[at : at + 16] for at in range(0, len(data), 16))]
    return b"".join(block + check_sum(block).to_bytes(2, "little") for block in blocks)


READ = frame(0xC4, 4, 3, bytes.fromhex("c0 c1 01 3c02 06 3c03 06 3c04 06 3c01 06 0a00 06"))
ANSWER = frame(0x44, 3, 4, bytes.fromhex("c0 c1 81 8010"))


def test_check_sums_of_published_frames_hold():
    assert check_sum(RESET[:8]) == 0x21E9
    assert check_sum(TEST[:8]) == 0x8CE0


def test_a_read_and_its_answer_are_rows():
    assert rows_in_every_cut(Dnp3, [(ORIG, READ), (RESP, ANSWER)]) == [
        (
            DNP3,
            {
                "is_orig": True,
                "dnp3_function": "read",
                "dnp3_function_code": 1,
                "dnp3_src": 3,
                "dnp3_dst": 4,
                "is_from_master": True,
                "dnp3_link_control": 0xC4,
                "dnp3_application_control": 0xC1,
                "dnp3_objects": ["60.2 all", "60.3 all", "60.4 all", "60.1 all", "10.0 all"],
            },
        ),
        (
            DNP3,
            {
                "is_orig": False,
                "dnp3_function": "response",
                "dnp3_function_code": 129,
                "dnp3_src": 4,
                "dnp3_dst": 3,
                "is_from_master": False,
                "dnp3_link_control": 0x44,
                "dnp3_application_control": 0xC1,
                "dnp3_indications": 0x8010,
            },
        ),
    ]


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ("1e01 00 00 09", ["30.1 0-9"]),  # from 0 to 9, one octet each
        ("1e01 01 0a00 2c01", ["30.1 10-300"]),  # two octets each
        ("1601 07 05 1602 08 0200", ["22.1 5 of them", "22.2 2 of them"]),
        ("1e01 01 0a00", []),  # a range cut short
        ("1e", []),
    ],
)
def test_objects_that_are_asked_for_are_told(objects, told):
    ((_, row),) = rows_of(Dnp3, [(ORIG, frame(0xC4, 4, 3, bytes.fromhex("c0 c1 01" + objects)))])
    assert row.get("dnp3_objects", []) == told


def test_behind_data_no_object_is_looked_for():
    # A response with one binary input (1.2, from 0 to 0) whose octet of data could be taken for a head.
    ((_, row),) = rows_of(Dnp3, [(RESP, frame(0x44, 3, 4, bytes.fromhex("c0 c1 81 0000 0102 00 00 00 3c 02 06")))])
    assert row["dnp3_objects"] == ["1.2 0-0"]


def test_a_frame_on_the_link_is_named():
    ((_, row),) = rows_of(Dnp3, [(ORIG, RESET)])
    assert (row["dnp3_function"], row["dnp3_src"], row["dnp3_dst"]) == ("reset link", 1024, 1)


def test_what_goes_on_from_an_earlier_frame_makes_no_row():
    assert rows_of(Dnp3, [(ORIG, frame(0xC4, 4, 3, b"\x81abc"))]) == []


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (READ, Match.YES),
        (RESET, Match.YES),
        (RESET[:-1], Match.NO),
        (RESET[:4] + b"\2" + RESET[5:], Match.NO),
        (b"\x05\x64\x04" + RESET[3:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_the_check_sum_of_the_head_makes_it_sure(payload, match):
    assert Dnp3.probe(payload, Side.ORIGINATOR) is match


def test_cut_short_it_is_malformed_at_the_end():
    for size in range(1, len(READ)):
        assert [table for table, _ in rows_of(Dnp3, [(ORIG, READ[:size])])] == [ANOMALIES]


@given(noise=st.binary(min_size=1, max_size=80), size=st.integers(5, 255))
def test_noise_gives_rows(noise, size):
    rows_of(Dnp3, [(ORIG, noise)])
    rows_of(Dnp3, [(ORIG, READ[:10] + noise)])
    head = bytes([5, 0x64, size, 0xC4, 1, 0, 2, 0])
    rows_of(Dnp3, [(ORIG, head + check_sum(head).to_bytes(2, "little") + noise)])
