"""LLC and SNAP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import ETHERTYPE, LLC, NOTHING, claim
from quivive.layers.llc import LLC_LAYER
from quivive.messages.carried import ETHERNET, IPV4, IPV6, PPP_FRAME
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, IPV6_PACKET, SNAP_PACKET, Read, altered, cuts_stay_inside, read


def test_ethertype_behind_snap_is_found():
    assert read(LLC_LAYER, SNAP_PACKET) == Read(IPV4, IPV4_PACKET)


def test_bridge_tunnel_code_is_read_alike():
    assert read(LLC_LAYER, bytes.fromhex("aa aa 03 0000f8 80f3 0001")) == Read(
        claim(ETHERTYPE, 0x80F3), bytes.fromhex("0001")
    )


def test_bridged_frame_is_found_behind_its_padding():
    assert read(LLC_LAYER, bytes.fromhex("aa aa 03 0080c2 0007 0000") + ETHERNET_FRAME) == Read(
        ETHERNET, ETHERNET_FRAME
    )


def test_ciscos_discovery_is_named_as_on_its_serial_lines():
    assert read(LLC_LAYER, bytes.fromhex("aa aa 03 00000c 2000 02b4")) == Read(
        claim(ETHERTYPE, 0x2000), bytes.fromhex("02b4")
    )


def test_ciscos_number_below_the_lowest_ethertype_leads_nowhere():
    assert read(LLC_LAYER, bytes.fromhex("aa aa 03 00000c 010b 0000")) == Read(NOTHING)


def test_number_of_another_organisation_leads_nowhere():
    assert read(LLC_LAYER, bytes.fromhex("aa aa 03 00e02b 00bb 0100")) == Read(NOTHING)


def test_ip_has_an_access_point_of_its_own():
    assert read(LLC_LAYER, bytes.fromhex("06 06 03") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_routed_packet_under_iso_is_found():
    assert read(LLC_LAYER, bytes.fromhex("fe fe 03 cc") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_routed_ipv6_under_iso_is_found():
    assert read(LLC_LAYER, bytes.fromhex("fe fe 03 8e") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_ppp_under_iso_is_found():
    assert read(LLC_LAYER, bytes.fromhex("fe fe 03 cf 0021") + IPV4_PACKET) == Read(
        PPP_FRAME, bytes.fromhex("0021") + IPV4_PACKET
    )


def test_iso_routing_is_named_by_its_access_point():
    assert read(LLC_LAYER, bytes.fromhex("fe fe 03 83 1b01")) == Read(claim(LLC, 0xFE), bytes.fromhex("83 1b01"))


def test_spanning_tree_is_named_by_its_access_point():
    assert read(LLC_LAYER, bytes.fromhex("42 42 03 0000 00 00")) == Read(claim(LLC, 0x42), bytes.fromhex("0000 00 00"))


def test_numbered_frame_has_two_bytes_of_control():
    assert read(LLC_LAYER, bytes.fromhex("f0 f0 0204 2c00")) == Read(claim(LLC, 0xF0), bytes.fromhex("2c00"))


def test_novells_bare_ipx_is_named_by_its_check_sum():
    assert read(LLC_LAYER, bytes.fromhex("ffff 0022 00 11")) == Read(claim(LLC, 0xFF), bytes.fromhex("ffff 0022 00 11"))


def test_every_cut_stays_inside():
    cuts_stay_inside(LLC_LAYER, SNAP_PACKET)


@given(altered(SNAP_PACKET))
def test_noise_stays_inside(noise):
    read(LLC_LAYER, noise)
