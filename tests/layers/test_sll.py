"""Linux cooked captures."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, NOTHING, claim
from quivive.layers.sll import SLL
from quivive.messages.carried import ETHERNET, IPV4, LLC_FRAME
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, SNAP_PACKET, Read, altered, cuts_stay_inside, read

# to us, Ethernet device, 6 bytes of address, IPv4
COOKED = bytes.fromhex("0000 0001 0006 020000000001 0000 0800") + IPV4_PACKET


def test_packet_is_found():
    assert read(SLL, COOKED) == Read(IPV4, IPV4_PACKET)


def test_llc_is_found():
    assert read(SLL, bytes.fromhex("0000 0001 0006 020000000001 0000 0004") + SNAP_PACKET) == Read(
        LLC_FRAME, SNAP_PACKET
    )


def test_radiotap_header_of_a_wireless_device_is_found():
    assert read(SLL, bytes.fromhex("0000 0323 0006 020000000001 0000 0019 0000")) == Read(
        claim(LINK, 127), bytes.fromhex("0000")
    )


def test_frame_of_a_tunnel_device_is_found():
    assert read(SLL, bytes.fromhex("0000 030a 0000 0000000000000000 6558") + ETHERNET_FRAME) == Read(
        ETHERNET, ETHERNET_FRAME
    )


def test_netlink_leads_nowhere():
    assert read(SLL, bytes.fromhex("0004 0338 0000 0000000000000000 0800") + IPV4_PACKET) == Read(NOTHING)


def test_protocol_of_linux_itself_leads_nowhere():
    assert read(SLL, bytes.fromhex("0000 0118 0000 0000000000000000 000c") + bytes(16)) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(SLL, COOKED)


@given(altered(COOKED))
def test_noise_stays_inside(noise):
    read(SLL, noise)
