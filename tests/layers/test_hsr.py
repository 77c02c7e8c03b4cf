"""HSR tag."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.hsr import HSR
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# path 1, size 26; sequence number 9; IPv4 follows
TAGGED = bytes.fromhex("101a 0009 0800") + IPV4_PACKET


def test_packet_behind_the_tag_is_found():
    assert read(HSR, TAGGED) == Read(IPV4, IPV4_PACKET)


def test_every_cut_stays_inside():
    cuts_stay_inside(HSR, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(HSR, noise)
