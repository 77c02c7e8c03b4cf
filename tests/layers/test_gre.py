"""GRE."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, REFUSED, claim
from quivive.layers.gre import GRE
from quivive.messages.carried import ETHERNET, IPV4, PPP_FRAME
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# no flags, IPv4
PLAIN = bytes.fromhex("0000 0800") + IPV4_PACKET
# check sum, key and sequence number; IPv4; check sum 0, key 7, sequence 1
FULL = bytes.fromhex("b000 0800 0000 0000 00000007 00000001") + IPV4_PACKET
# version 1 with key, sequence and acknowledgment; PPP; 24 bytes, call 9; sequence 1, acknowledged 0
PPTP = bytes.fromhex("3081 880b 0018 0009 00000001 00000000 ff03 0021") + IPV4_PACKET


def test_packet_behind_four_bytes_is_found():
    assert read(GRE, PLAIN) == Read(IPV4, IPV4_PACKET)


def test_announced_fields_are_stepped_over():
    assert read(GRE, FULL) == Read(IPV4, IPV4_PACKET, 7)


def test_frame_is_found():
    assert read(GRE, bytes.fromhex("2000 6558 00000700") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 0x700)


def test_other_ethertypes_are_passed_on():
    assert read(GRE, bytes.fromhex("0000 8847 00011140") + IPV4_PACKET) == Read(
        claim(ETHERTYPE, 0x8847), bytes.fromhex("00011140") + IPV4_PACKET
    )


def test_source_route_is_stepped_over():
    assert read(GRE, bytes.fromhex("4000 0800 0000 0000 0800 0004 c0000205 00000000") + IPV4_PACKET) == Read(
        IPV4, IPV4_PACKET
    )


def test_source_route_without_end_leads_nowhere():
    assert read(GRE, bytes.fromhex("4000 0800 0000 0000") + bytes.fromhex("0800 0004 c0000205") * 17) == Read(NOTHING)


def test_mirrored_frame_with_sequence_number_has_a_header_of_its_own():
    assert read(GRE, bytes.fromhex("1000 88be 00000001 1001 0002 00000000")) == Read(
        claim(ETHERTYPE, 0x88BE), bytes.fromhex("1001 0002 00000000")
    )


def test_mirrored_frame_without_sequence_number_has_none():
    assert read(GRE, bytes.fromhex("0000 88be") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME)


def test_redirect_header_is_stepped_over():
    assert read(GRE, bytes.fromhex("0000 883e 00 00 00 00") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_redirected_packet_without_header_is_found():
    assert read(GRE, bytes.fromhex("0000 883e") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_wireless_frame_of_an_access_point_is_found():
    assert read(GRE, bytes.fromhex("0000 8200 0801")) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_ppp_of_a_call_is_found():
    assert read(GRE, PPTP) == Read(PPP_FRAME, bytes.fromhex("ff03 0021") + IPV4_PACKET, 9)


def test_acknowledgment_alone_leads_nowhere():
    assert read(GRE, bytes.fromhex("2081 880b 0000 0009 00000001")) == Read(NOTHING, b"", 9)


def test_frame_of_eoip_is_found():
    assert read(GRE, bytes.fromhex("2001 6400 0022 0500") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 5)


def test_keep_alive_leads_nowhere():
    assert read(GRE, bytes.fromhex("0000 0000")) == Read(NOTHING)


def test_another_version_is_refused():
    assert read(GRE, bytes.fromhex("0002 0800") + IPV4_PACKET) == Read(REFUSED)


def test_reserved_bits_are_refused():
    assert read(GRE, bytes.fromhex("0008 0800") + IPV4_PACKET) == Read(REFUSED)


def test_type_that_its_content_belies_is_refused():
    assert read(GRE, bytes.fromhex("0000 0800") + IPV6_PACKET) == Read(REFUSED)


def test_every_cut_of_a_call_stays_inside():
    cuts_stay_inside(GRE, PPTP)


def test_every_cut_stays_inside():
    cuts_stay_inside(GRE, FULL)


@given(altered(FULL))
def test_noise_stays_inside(noise):
    read(GRE, noise)
