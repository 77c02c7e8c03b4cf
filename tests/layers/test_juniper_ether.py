"""Juniper Ethernet captures."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.juniper_ether import JUNIPER_ETHER
from quivive.messages.carried import ETHERNET, IPV4
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, Read, altered, cuts_stay_inside, read

# magic, has extensions; 6 bytes of them: type 1, 4 bytes
EXTENDED = bytes.fromhex("4d4743 80 0006 01 04 00000001") + ETHERNET_FRAME


def test_frame_behind_extensions_is_found():
    assert read(JUNIPER_ETHER, EXTENDED) == Read(ETHERNET, ETHERNET_FRAME)


def test_frame_without_extensions_is_found():
    assert read(JUNIPER_ETHER, bytes.fromhex("4d4743 01") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME)


def test_packet_without_link_header_is_found():
    assert read(JUNIPER_ETHER, bytes.fromhex("4d4743 02 00000002") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_another_magic_leads_nowhere():
    assert read(JUNIPER_ETHER, bytes.fromhex("4d4744 01") + ETHERNET_FRAME) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(JUNIPER_ETHER, EXTENDED)


@given(altered(EXTENDED))
def test_noise_stays_inside(noise):
    read(JUNIPER_ETHER, noise)
