"""E-TAG."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.etag import ETAG
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# priority 0, ingress 0; E-channel 7; extensions 0; IPv4 follows
TAGGED = bytes.fromhex("0000 0007 0000 0800") + IPV4_PACKET


def test_packet_behind_the_tag_is_found():
    assert read(ETAG, TAGGED) == Read(IPV4, IPV4_PACKET, 7)


def test_every_cut_stays_inside():
    cuts_stay_inside(ETAG, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(ETAG, noise)
