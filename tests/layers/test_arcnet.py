"""ARCNET."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import ETHERTYPE, NOTHING, claim
from quivive.layers.arcnet import ARCNET
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# from 1 to 2, offset, IP (212), not split, sequence 1
WHOLE = bytes.fromhex("01 02 0000 d4 00 0001") + IPV4_PACKET


def test_packet_is_found():
    assert read(ARCNET, WHOLE) == Read(IPV4, IPV4_PACKET)


def test_packet_in_an_exception_frame_is_found():
    assert read(ARCNET, bytes.fromhex("01 02 0000 d4 ff ffff d4 00 0001") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_ipv6_is_found():
    assert read(ARCNET, bytes.fromhex("01 02 0000 c4 00 0001") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_arp_is_named():
    assert read(ARCNET, bytes.fromhex("01 00 0000 d5 00 0001 0007")) == Read(
        claim(ETHERTYPE, 0x0806), bytes.fromhex("0007")
    )


def test_split_packet_leads_nowhere():
    assert read(ARCNET, bytes.fromhex("01 02 0000 d4 01 0001") + IPV4_PACKET) == Read(NOTHING)


def test_other_protocols_lead_nowhere():
    assert read(ARCNET, bytes.fromhex("01 02 0000 fa 00 0001") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(ARCNET, WHOLE)


@given(altered(WHOLE))
def test_noise_stays_inside(noise):
    read(ARCNET, noise)
