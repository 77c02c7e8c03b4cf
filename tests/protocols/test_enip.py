import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.enip import ENIP, MAX_ITEMS, Enip
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

REGISTER = bytes.fromhex("6500 0400 00000000 00000000 0000000000000000 00000000 0100 0000")
IDENTITY = bytes.fromhex(
    "6300 3300 00000000 00000000 0000000000000000 00000000"  # list identity, 51 bytes
    "0100 0c00 2d00 0100 0002 af12 c0000201 0000000000000000"  # one item; version and address
    "0100 0e00 3600 1405 6031 78563412 0b 313735362d4c36312f42 20 ff"
)
SEND = bytes.fromhex(
    "6f00 1600 01000000 00000000 0000000000000000 00000000"
    "00000000 0a00 0200 0000 0000 b200 0600 4c 02 20 6b 25 00"  # null address, then data: read tag
)
ANSWER = bytes.fromhex(
    "7000 1800 01000000 00000000 0000000000000000 0000000000000000 0000 0200 a100 0400 01020304 b100 0400 0100 cc 00"
)


def test_a_session_is_registered():
    assert rows_in_every_cut(Enip, [(ORIG, REGISTER)]) == [
        (ENIP, {"is_orig": True, "enip_command": "register session", "enip_session": 0, "enip_status": 0})
    ]


def test_a_device_says_what_it_is():
    ((_, row),) = rows_in_every_cut(Enip, [(RESP, IDENTITY)])
    assert row == {
        "is_orig": False,
        "enip_command": "list identity",
        "enip_session": 0,
        "enip_status": 0,
        "enip_vendor": 1,
        "enip_serial": "12345678",
        "enip_product": "1756-L61/B ",
    }


def test_a_service_and_its_answer_are_named():
    rows = [row for _, row in rows_in_every_cut(Enip, [(ORIG, SEND), (RESP, ANSWER)])]
    assert (rows[0]["cip_service"], rows[0].get("cip_status")) == ("read tag", None)
    assert rows[1]["cip_service"] == "read tag"


def test_no_more_items_are_read_than_the_limit():
    def message(n):
        body = bytes(6) + (n + 1).to_bytes(2, "little") + bytes(4) * n + bytes.fromhex("b200 0100 05")
        return b"\x6f\0" + len(body).to_bytes(2, "little") + bytes(20) + body

    assert "cip_service" in rows_of(Enip, [(ORIG, message(MAX_ITEMS - 1))])[0][1]
    assert "cip_service" not in rows_of(Enip, [(ORIG, message(MAX_ITEMS))])[0][1]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (REGISTER, Match.YES),
        (SEND, Match.YES),
        (bytes(24), Match.UNSURE),
        (REGISTER[:-1], Match.NO),
        (REGISTER[:20] + b"\1" + REGISTER[21:], Match.NO),
        (REGISTER[:8] + b"\x71" + REGISTER[9:], Match.NO),
        (b"\x99" + REGISTER[1:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_command_length_and_status_make_it_sure(payload, match):
    assert Enip.probe(payload, Side.ORIGINATOR) is match


def test_an_unknown_command_is_malformed():
    assert rows_of(Enip, [(ORIG, b"\x99" + REGISTER[1:])])[0][0] is ANOMALIES


def test_cut_short_it_is_malformed_at_the_end():
    for size in range(1, len(SEND)):
        assert rows_of(Enip, [(ORIG, SEND[:size])])[0][0] is ANOMALIES


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_rows(noise):
    rows_of(Enip, [(ORIG, noise)])
    for command in (b"\x63\0", b"\x6f\0"):
        rows_of(Enip, [(ORIG, command + len(noise).to_bytes(2, "little") + bytes(20) + noise)])
    Enip.probe(noise, Side.ORIGINATOR)
