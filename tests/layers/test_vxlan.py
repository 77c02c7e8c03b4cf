"""VXLAN."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import ETHERTYPE, NOTHING, REFUSED, claim
from quivive.layers.vxlan import VXLAN
from quivive.messages.carried import ETHERNET, IPV4
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, Read, altered, cuts_stay_inside, read

# network 0x1234, then a frame
PLAIN = bytes.fromhex("08 000000 001234 00") + ETHERNET_FRAME
# network 1; next protocol IPv4 (1)
GENERIC = bytes.fromhex("0c 0000 01 000001 00") + IPV4_PACKET


def test_frame_is_found():
    assert read(VXLAN, PLAIN) == Read(ETHERNET, ETHERNET_FRAME, 0x1234)


def test_frame_with_group_policy_is_found():
    assert read(VXLAN, bytes.fromhex("88 08 0005 000001 00") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 1)


def test_packet_of_the_generic_extension_is_found():
    assert read(VXLAN, GENERIC) == Read(IPV4, IPV4_PACKET, 1)


def test_service_header_of_the_generic_extension_is_found():
    assert read(VXLAN, bytes.fromhex("0c 0000 04 000001 00 00")) == Read(claim(ETHERTYPE, 0x894F), b"\x00", 1)


def test_unknown_next_protocol_is_refused():
    assert read(VXLAN, bytes.fromhex("0c 0000 06 000001 00") + IPV4_PACKET) == Read(REFUSED, b"", 1)


def test_operators_own_message_leads_nowhere():
    assert read(VXLAN, bytes.fromhex("0d 0000 01 000001 00") + IPV4_PACKET) == Read(NOTHING, b"", 1)


def test_reserved_bits_are_ignored_where_a_frame_follows():
    assert read(VXLAN, bytes.fromhex("08 ffffff 001234 ff") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 0x1234)


def test_reserved_bits_are_refused_where_none_follows():
    assert read(VXLAN, bytes.fromhex("08 ffffff 001234 ff") + b"x" * 40) == Read(REFUSED)


def test_datagram_without_network_is_refused():
    assert read(VXLAN, bytes.fromhex("00 000000 001234 00") + ETHERNET_FRAME) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(VXLAN, PLAIN)


@given(altered(PLAIN))
def test_noise_stays_inside(noise):
    read(VXLAN, noise)
