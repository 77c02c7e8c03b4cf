"""CAPWAP data packets."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, NOTHING, REFUSED, claim
from quivive.layers.capwap import CAPWAP
from quivive.messages.carried import ETHERNET
from tests.layers import ETHERNET_FRAME, Read, altered, cuts_stay_inside, read

# header of 4 words, 802.11 in its own form, wireless information: 4 bytes, padded
NATIVE = bytes.fromhex("00 200320 00000000 04 c0230000 000000 0801")
# header of 2 words, 802.11 binding, frame turned into Ethernet
BRIDGED = bytes.fromhex("00 100200 00000000") + ETHERNET_FRAME


def test_wireless_frame_is_found():
    assert read(CAPWAP, NATIVE) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_frame_turned_into_ethernet_is_found():
    assert read(CAPWAP, BRIDGED) == Read(ETHERNET, ETHERNET_FRAME)


def test_later_fragment_leads_nowhere():
    assert read(CAPWAP, bytes.fromhex("00 100280 0001 0008") + ETHERNET_FRAME) == Read(NOTHING)


def test_keep_alive_leads_nowhere():
    assert read(CAPWAP, bytes.fromhex("00 100208 00000000") + ETHERNET_FRAME) == Read(NOTHING)


def test_encrypted_packet_is_refused():
    assert read(CAPWAP, bytes.fromhex("01 000000 17feff00") + b"x" * 40) == Read(REFUSED)


def test_reserved_bits_are_refused():
    assert read(CAPWAP, bytes.fromhex("00 100201 00000000") + ETHERNET_FRAME) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(CAPWAP, NATIVE)


@given(altered(NATIVE))
def test_noise_stays_inside(noise):
    read(CAPWAP, noise)
