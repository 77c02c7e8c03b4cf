"""DSA tags behind the addresses."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.dsa import DSA
from quivive.messages.carried import ETHERNET, IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# two addresses; forwarded, VLAN 5; IPv4
TAGGED = bytes.fromhex("020000000002 020000000001 c000 0005 0800") + IPV4_PACKET


def test_packet_behind_the_tag_is_found():
    assert read(DSA, TAGGED) == Read(IPV4, IPV4_PACKET, 5)


def test_tag_under_its_own_ethertype_is_an_ethernet_frame():
    assert read(DSA, bytes.fromhex("020000000002 020000000001 dada 0000 c000 0005 0800")) == Read(
        ETHERNET, bytes.fromhex("020000000002 020000000001 dada 0000 c000 0005 0800")
    )


def test_every_cut_stays_inside():
    cuts_stay_inside(DSA, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(DSA, noise)
