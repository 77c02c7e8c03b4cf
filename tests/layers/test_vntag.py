"""VN-Tag."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.vntag import VNTAG
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# destination interface 0x2005, source 3; IPv4 follows
TAGGED = bytes.fromhex("a005 0003 0800") + IPV4_PACKET


def test_packet_behind_the_tag_is_found():
    assert read(VNTAG, TAGGED) == Read(IPV4, IPV4_PACKET, 0x2005)


def test_every_cut_stays_inside():
    cuts_stay_inside(VNTAG, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(VNTAG, noise)
