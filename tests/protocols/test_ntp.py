import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.ntp import NTP, Ntp, unix_ns

SERVER = bytes.fromhex(
    "24 02 06 ec"  # no leap second, version 4, server; stratum 2, 64 s, 2**-20 s
    "00000800 00000c00 c000027b"  # root delay, root dispersion, set by 192.0.2.123
    "ec1f0000 00000000 ec1f0100 80000000 ec1f0101 00000000 ec1f0101 40000000"
)
CLIENT = b"\x1b" + bytes(47)
KISS = bytes.fromhex("e4 00 06 ec 00000000 00000000 52415445") + bytes(24) + bytes.fromhex("ec1f0101 40000000")
VARIABLES = bytes.fromhex("16 82 0001 0000 0000 0000 0014") + b'version="4.2.8", a=1'
MONITOR_LIST = bytes.fromhex("17 00 03 2a 0000 0000")
MONITORED = bytes.fromhex("97 00 03 2a 0002 0048") + bytes(2 * 72)
BASE_NS = 1_752_465_792_000_000_000


def row_of(payload):
    ((table, row),) = Ntp().parse(Cursor(payload), Side.RESPONDER)
    assert table is NTP
    return row


def test_answer_becomes_one_row():
    assert row_of(SERVER) == {
        "is_orig": False,
        "is_response": True,
        "ntp_version": 4,
        "ntp_mode": "server",
        "ntp_leap": 0,
        "ntp_stratum": 2,
        "ntp_ref_id": "192.0.2.123",
        "ntp_poll_s": 64,
        "ntp_precision_s": 2.0**-20,
        "ntp_root_delay_s": 0.03125,
        "ntp_root_dispersion_s": 0.046875,
        "ntp_reference_ns": BASE_NS,
        "ntp_origin_ns": BASE_NS + 256_500_000_000,
        "ntp_receive_ns": BASE_NS + 257_000_000_000,
        "ntp_transmit_ns": BASE_NS + 257_250_000_000,
        "ntp_extra_bytes": 0,
    }


def test_question_of_a_simple_client_holds_nothing_but_its_mode():
    assert row_of(CLIENT) == {
        "is_orig": False,
        "is_response": False,
        "ntp_version": 3,
        "ntp_mode": "client",
        "ntp_leap": 0,
        "ntp_stratum": 0,
        "ntp_poll_s": 1,
        "ntp_precision_s": 1.0,
        "ntp_root_delay_s": 0.0,
        "ntp_root_dispersion_s": 0.0,
        "ntp_extra_bytes": 0,
    }


def test_a_refusal_is_letters():
    row = row_of(KISS)
    assert (row["ntp_stratum"], row["ntp_ref_id"], row["ntp_leap"]) == (0, "RATE", 3)


def test_stratum_one_is_set_by_a_clock_and_two_by_an_address():
    assert row_of(SERVER[:1] + b"\1" + SERVER[2:12] + b"GPS\0" + SERVER[16:])["ntp_ref_id"] == "GPS"
    assert row_of(SERVER[:1] + b"\2" + SERVER[2:12] + b"GPS\0" + SERVER[16:])["ntp_ref_id"] == "71.80.83.0"


def test_bytes_behind_the_head_are_counted():
    assert row_of(SERVER + bytes(20))["ntp_extra_bytes"] == 20


def test_a_control_message_shows_what_the_server_runs():
    assert row_of(VARIABLES) == {
        "is_orig": False,
        "is_response": True,
        "ntp_version": 2,
        "ntp_mode": "control",
        "ntp_operation": "read variables",
        "ntp_variables": 'version="4.2.8", a=1',
        "ntp_extra_bytes": 20,
    }


def test_private_requests_are_named_or_numbered():
    row = row_of(MONITOR_LIST)
    assert (row["ntp_mode"], row["ntp_operation"], row["is_response"]) == ("private", "monitor list", False)
    row = row_of(MONITORED)
    assert (row["ntp_operation"], row["is_response"], row["ntp_extra_bytes"]) == ("monitor list", True, 144)
    assert row_of(MONITOR_LIST[:3] + b"\1" + MONITOR_LIST[4:])["ntp_operation"] == "private 1"


def test_times_go_on_in_2036():
    assert unix_ns(0x83AA7E80 << 32) == 0
    assert unix_ns((1 << 64) - 1) == 2_085_978_496_000_000_000
    assert unix_ns(1 << 32) == 2_085_978_497_000_000_000


def test_fractions_are_rounded():
    assert unix_ns((0x83AA7E80 << 32) + 1) == 0
    assert unix_ns((0x83AA7E80 << 32) + 3) == 1


@pytest.mark.parametrize(("payload", "least"), [(SERVER, 48), (VARIABLES, 12), (MONITORED, 8)])
def test_cut_short_of_its_head_it_is_malformed(payload, least):
    for size in range(1, len(payload)):
        if size < least:
            with pytest.raises(Malformed):
                row_of(payload[:size])
        else:
            row_of(payload[:size])


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_a_row_or_is_malformed(noise):
    try:
        row_of(noise)
    except Malformed:
        pass
    Ntp.probe(noise, Side.ORIGINATOR)


@pytest.mark.parametrize("payload", [SERVER, CLIENT, KISS, VARIABLES, MONITOR_LIST, MONITORED, SERVER + bytes(20)])
def test_small_numbers_in_range_make_it_sure(payload):
    assert Ntp.probe(payload, Side.ORIGINATOR) is Match.YES


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        CLIENT[:47],
        SERVER + b"\0",  # no length an extension or authentication could give
        b"\x3b" + CLIENT[1:],  # version 7
        b"\x20" + CLIENT[1:],  # mode 0
        VARIABLES[:-1],
        MONITORED[:-1],
        MONITOR_LIST[:2] + b"\x07" + MONITOR_LIST[3:],
    ],
)
def test_what_is_none_is_refused(payload):
    assert Ntp.probe(payload, Side.ORIGINATOR) is Match.NO


def test_what_is_out_of_range_is_known_on_its_port_only():
    assert Ntp.probe(SERVER[:1] + b"\x11" + SERVER[2:], Side.ORIGINATOR) is Match.UNSURE
    assert Ntp.probe(SERVER[:40] + bytes(8), Side.ORIGINATOR) is Match.UNSURE
