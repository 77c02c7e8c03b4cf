"""PPP frames."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, PPP, claim
from quivive.layers.ppp import PPP_LAYER
from quivive.messages.carried import ETHERNET, IPV4, IPV6, PPP_FRAME
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# all stations, unnumbered, IPv4
FRAMED = bytes.fromhex("ff 03 0021") + IPV4_PACKET


def test_ipv4_behind_address_and_control_is_found():
    assert read(PPP_LAYER, FRAMED) == Read(IPV4, IPV4_PACKET)


def test_address_and_control_may_be_left_out():
    assert read(PPP_LAYER, bytes.fromhex("0057") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_protocol_number_may_be_one_byte():
    assert read(PPP_LAYER, bytes.fromhex("21") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_direction_in_place_of_the_address_is_stepped_over():
    assert read(PPP_LAYER, bytes.fromhex("00 03 0021") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_mpls_is_found():
    assert read(PPP_LAYER, bytes.fromhex("0281 00011140") + IPV4_PACKET) == Read(
        claim(ETHERTYPE, 0x8847), bytes.fromhex("00011140") + IPV4_PACKET
    )


def test_mpls_multicast_is_found():
    assert read(PPP_LAYER, bytes.fromhex("0283 00011140")) == Read(claim(ETHERTYPE, 0x8848), bytes.fromhex("00011140"))


def test_bridged_frame_is_found():
    assert read(PPP_LAYER, bytes.fromhex("0031 00 01") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME)


def test_whole_packet_in_multilink_is_a_frame_again():
    assert read(PPP_LAYER, bytes.fromhex("003d c0 000001 0021") + IPV4_PACKET) == Read(
        PPP_FRAME, bytes.fromhex("0021") + IPV4_PACKET
    )


def test_part_of_a_packet_in_multilink_leads_nowhere():
    assert read(PPP_LAYER, bytes.fromhex("003d 80 000001 0021") + IPV4_PACKET) == Read(NOTHING)


def test_link_control_is_named_by_its_number():
    assert read(PPP_LAYER, bytes.fromhex("ff 03 c021 01 01 0004")) == Read(
        claim(PPP, 0xC021), bytes.fromhex("01 01 0004")
    )


def test_cisco_address_leads_to_cisco_framing():
    assert read(PPP_LAYER, bytes.fromhex("0f 00 0800") + IPV4_PACKET) == Read(
        claim(LINK, 104), bytes.fromhex("0f 00 0800") + IPV4_PACKET
    )


def test_every_cut_stays_inside():
    cuts_stay_inside(PPP_LAYER, FRAMED)


@given(altered(FRAMED))
def test_noise_stays_inside(noise):
    read(PPP_LAYER, noise)
