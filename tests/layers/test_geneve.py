"""Geneve."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING, REFUSED
from quivive.layers.geneve import GENEVE
from quivive.messages.carried import ETHERNET, IPV4
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, Read, altered, cuts_stay_inside, read

# version 0, two words of options; Ethernet; network 7; class 0x0102, type 1, one word
WITH_OPTION = bytes.fromhex("02 00 6558 000007 00 0102 01 01 deadbeef") + ETHERNET_FRAME


def test_frame_behind_options_is_found():
    assert read(GENEVE, WITH_OPTION) == Read(ETHERNET, ETHERNET_FRAME, 7)


def test_packet_without_options_is_found():
    assert read(GENEVE, bytes.fromhex("00 00 0800 000007 00") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET, 7)


def test_control_message_leads_nowhere():
    assert read(GENEVE, bytes.fromhex("00 80 0800 000007 00") + IPV4_PACKET) == Read(NOTHING, b"", 7)


def test_option_that_overruns_its_room_is_refused():
    assert read(GENEVE, bytes.fromhex("01 00 0800 000007 00 0102 01 01") + IPV4_PACKET) == Read(REFUSED)


def test_another_version_is_refused():
    assert read(GENEVE, bytes.fromhex("40 00 0800 000007 00") + IPV4_PACKET) == Read(REFUSED)


def test_reserved_bits_are_refused():
    assert read(GENEVE, bytes.fromhex("00 01 0800 000007 00") + IPV4_PACKET) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(GENEVE, WITH_OPTION)


@given(altered(WITH_OPTION))
def test_noise_stays_inside(noise):
    read(GENEVE, noise)
