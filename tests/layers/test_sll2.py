"""Linux cooked captures, version 2."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, claim
from quivive.layers.sll2 import SLL2
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# IPv4, interface 3, Ethernet device, to us, 6 bytes of address
COOKED = bytes.fromhex("0800 0000 00000003 0001 00 06 020000000001 0000") + IPV4_PACKET


def test_packet_is_found():
    assert read(SLL2, COOKED) == Read(IPV4, IPV4_PACKET, 3)


def test_frame_relay_device_leads_to_frame_relay():
    assert read(SLL2, bytes.fromhex("0000 0000 00000003 0302 00 00 0000000000000000 1841")) == Read(
        claim(LINK, 107), bytes.fromhex("1841"), 3
    )


def test_every_cut_stays_inside():
    cuts_stay_inside(SLL2, COOKED)


@given(altered(COOKED))
def test_noise_stays_inside(noise):
    read(SLL2, noise)
