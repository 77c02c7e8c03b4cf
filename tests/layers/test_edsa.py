"""DSA tags under an ethertype."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.edsa import EDSA
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# reserved; forwarded, VLAN 5; IPv4
TAGGED = bytes.fromhex("0000 c000 0005 0800") + IPV4_PACKET


def test_packet_behind_the_tag_is_found():
    assert read(EDSA, TAGGED) == Read(IPV4, IPV4_PACKET, 5)


def test_every_cut_stays_inside():
    cuts_stay_inside(EDSA, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(EDSA, noise)
