"""Per-packet information."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, NOTHING, claim
from quivive.layers.ppi import PPI
from quivive.messages.carried import ETHERNET
from tests.layers import ETHERNET_FRAME, Read, altered, cuts_stay_inside, read

# 8 bytes, Ethernet
BARE = bytes.fromhex("00 00 0800 01000000") + ETHERNET_FRAME
# 32 bytes, wireless; field 2 of 20 bytes: time, flags (check sum follows), rest
CHECKED = (
    bytes.fromhex("00 00 2000 69000000 0200 1400 0000000000000000 0100") + bytes(10) + bytes.fromhex("0801 deadbeef")
)


def test_frame_of_the_link_type_is_found():
    assert read(PPI, BARE) == Read(ETHERNET, ETHERNET_FRAME)


def test_check_sum_is_left_out():
    assert read(PPI, CHECKED) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_frame_without_the_flag_keeps_its_end():
    assert read(PPI, CHECKED.replace(b"\x00\x01\x00", b"\x00\x00\x00")) == Read(
        claim(LINK, 105), bytes.fromhex("0801 deadbeef")
    )


def test_length_shorter_than_the_header_leads_nowhere():
    assert read(PPI, bytes.fromhex("00 00 0700 01000000") + ETHERNET_FRAME) == Read(NOTHING)


def test_another_version_leads_nowhere():
    assert read(PPI, bytes.fromhex("01 00 0800 01000000") + ETHERNET_FRAME) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(PPI, CHECKED)


@given(altered(CHECKED))
def test_noise_stays_inside(noise):
    read(PPI, noise)
