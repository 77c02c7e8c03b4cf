"""Solaris IP network devices."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.ipnet import IPNET
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# version 1, family 2, hook 0; 20 bytes; interface 2, group 0; zones
OBSERVED = bytes.fromhex("01 02 0000 00000014 00000002 00000000 ffffffff 00000000") + IPV4_PACKET


def test_packet_is_found():
    assert read(IPNET, OBSERVED) == Read(IPV4, IPV4_PACKET)


def test_every_cut_stays_inside():
    cuts_stay_inside(IPNET, OBSERVED)


@given(altered(OBSERVED))
def test_noise_stays_inside(noise):
    read(IPNET, noise)
