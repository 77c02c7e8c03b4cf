"""Network service header."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.nsh import NSH
from quivive.messages.carried import ETHERNET, IPV4
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, Read, altered, cuts_stay_inside, read

# version 0, two words and 4 of context; type 1; IPv4; path 0x000102, index 255
SERVICE = bytes.fromhex("0fc6 01 01 000102 ff") + bytes(16) + IPV4_PACKET


def test_packet_behind_context_is_found():
    assert read(NSH, SERVICE) == Read(IPV4, IPV4_PACKET, 0x102)


def test_packet_without_context_is_found():
    assert read(NSH, bytes.fromhex("0fc2 02 03 000102 ff") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 0x102)


def test_unknown_next_protocol_leads_nowhere():
    assert read(NSH, bytes.fromhex("0fc2 02 09 000102 ff") + IPV4_PACKET) == Read(NOTHING, b"", 0x102)


def test_length_shorter_than_the_header_leads_nowhere():
    assert read(NSH, bytes.fromhex("0fc1 02 01 000102 ff") + IPV4_PACKET) == Read(NOTHING, b"", 0x102)


def test_another_version_leads_nowhere():
    assert read(NSH, bytes.fromhex("4fc2 02 01 000102 ff") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(NSH, SERVICE)


@given(altered(SERVICE))
def test_noise_stays_inside(noise):
    read(NSH, noise)
