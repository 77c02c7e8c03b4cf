"""TZSP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, REFUSED, claim
from quivive.layers.tzsp import TZSP
from quivive.messages.carried import ETHERNET
from tests.layers import ETHERNET_FRAME, Read, altered, cuts_stay_inside, read

# version 1, received, Ethernet; padding, signal -40 (tag 10), end
RECEIVED = bytes.fromhex("01 00 0001 00 0a 01 d8 01") + ETHERNET_FRAME


def test_frame_behind_tags_is_found():
    assert read(TZSP, RECEIVED) == Read(ETHERNET, ETHERNET_FRAME)


def test_wireless_frame_is_found():
    assert read(TZSP, bytes.fromhex("01 00 0012 01 0801")) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_prism_header_is_found():
    assert read(TZSP, bytes.fromhex("01 00 0077 01 00")) == Read(claim(LINK, 119), b"\x00")


def test_sixty_three_tags_before_the_end_are_followed():
    assert read(TZSP, bytes.fromhex("01 00 0001") + bytes(63) + b"\x01" + ETHERNET_FRAME) == Read(
        ETHERNET, ETHERNET_FRAME
    )


def test_sixty_four_tags_before_the_end_are_refused():
    assert read(TZSP, bytes.fromhex("01 00 0001") + bytes(64) + b"\x01" + ETHERNET_FRAME) == Read(REFUSED)


def test_keep_alive_is_refused():
    assert read(TZSP, bytes.fromhex("01 04 0000 01")) == Read(REFUSED)


def test_unknown_encapsulation_is_refused():
    assert read(TZSP, bytes.fromhex("01 00 0005 01") + ETHERNET_FRAME) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(TZSP, RECEIVED)


@given(altered(RECEIVED))
def test_noise_stays_inside(noise):
    read(TZSP, noise)
