"""Frame relay."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LLC, NOTHING, claim
from quivive.layers.frame_relay import FRAME_RELAY
from quivive.messages.carried import ETHERNET, IPV4, IPV6, PPP_FRAME
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# connection 100 (0x19: 6, 4); unnumbered; IPv4
ROUTED = bytes.fromhex("18 41 03 cc") + IPV4_PACKET
# connection 100; unnumbered, padded; SNAP; no organisation; IPv4
SNAP = bytes.fromhex("18 41 03 00 80 000000 0800") + IPV4_PACKET


def test_routed_packet_is_found():
    assert read(FRAME_RELAY, ROUTED) == Read(IPV4, IPV4_PACKET, 100)


def test_routed_ipv6_is_found():
    assert read(FRAME_RELAY, bytes.fromhex("18 41 03 8e") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET, 100)


def test_ethertype_behind_snap_is_found():
    assert read(FRAME_RELAY, SNAP) == Read(IPV4, IPV4_PACKET, 100)


def test_bridged_frame_is_found():
    assert read(FRAME_RELAY, bytes.fromhex("18 41 03 00 80 0080c2 0007") + ETHERNET_FRAME) == Read(
        ETHERNET, ETHERNET_FRAME, 100
    )


def test_ppp_is_found():
    assert read(FRAME_RELAY, bytes.fromhex("18 41 03 cf 0021") + IPV4_PACKET) == Read(
        PPP_FRAME, bytes.fromhex("0021") + IPV4_PACKET, 100
    )


def test_osi_is_named_by_its_access_point():
    assert read(FRAME_RELAY, bytes.fromhex("18 41 03 83 1b01")) == Read(claim(LLC, 0xFE), bytes.fromhex("83 1b01"), 100)


def test_ethertype_as_cisco_sends_it_is_found():
    assert read(FRAME_RELAY, bytes.fromhex("18 41 0800") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET, 100)


def test_address_of_four_bytes_is_stepped_over():
    assert read(FRAME_RELAY, bytes.fromhex("18 40 00 01 03 cc") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET, 100)


def test_address_without_end_leads_nowhere():
    assert read(FRAME_RELAY, bytes.fromhex("18 40 00 02 03 cc") + IPV4_PACKET) == Read(NOTHING)


def test_link_management_leads_nowhere():
    assert read(FRAME_RELAY, bytes.fromhex("00 01 03 08 00 75")) == Read(NOTHING, b"", 0)


def test_every_cut_stays_inside():
    cuts_stay_inside(FRAME_RELAY, SNAP)


@given(altered(SNAP))
def test_noise_stays_inside(noise):
    read(FRAME_RELAY, noise)
