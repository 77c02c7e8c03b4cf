"""Radiotap."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, NOTHING, claim
from quivive.layers.radiotap import RADIOTAP
from tests.layers import Read, altered, cuts_stay_inside, read

# 16 bytes; time; a frame without check sum
TIMED = bytes.fromhex("00 00 1000 01000000 0102030405060708 0801")
# 26 bytes, two bitmaps; time and flags; padding to a multiple of 8, time; flags: check sum follows; rest
CHECKED = bytes.fromhex("00 00 1a00 03000080 00000000 00000000 0102030405060708 10 00 0801 deadbeef")


def test_frame_is_found():
    assert read(RADIOTAP, TIMED) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_check_sum_is_left_out():
    assert read(RADIOTAP, CHECKED) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_frame_without_the_flag_keeps_its_end():
    assert read(RADIOTAP, CHECKED.replace(b"\x10\x00\x08", b"\x02\x00\x08")) == Read(
        claim(LINK, 105), bytes.fromhex("0801 deadbeef")
    )


def test_flags_without_time_are_found():
    assert read(RADIOTAP, bytes.fromhex("00 00 0900 02000000 10 0801 deadbeef")) == Read(
        claim(LINK, 105), bytes.fromhex("0801")
    )


def test_another_version_leads_nowhere():
    assert read(RADIOTAP, bytes.fromhex("01 00 0800 00000000 0801")) == Read(NOTHING)


def test_length_shorter_than_the_header_leads_nowhere():
    assert read(RADIOTAP, bytes.fromhex("00 00 0700 00000000 0801")) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(RADIOTAP, CHECKED)


@given(altered(CHECKED))
def test_noise_stays_inside(noise):
    read(RADIOTAP, noise)
