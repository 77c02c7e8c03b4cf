"""VLAN tags beyond those of the fast lane."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import ETHERTYPE, NOTHING, claim
from quivive.layers.vlan import VLAN
from quivive.messages.carried import IPV4, LLC_FRAME
from tests.layers import IPV4_PACKET, SNAP_PACKET, Read, altered, cuts_stay_inside, read

# priority 1, VLAN 100; IPv4 follows
TAGGED = bytes.fromhex("2064 0800") + IPV4_PACKET
# VLAN 4095; a length of 28 follows, then LLC, then two bytes of padding
WITH_LENGTH = bytes.fromhex("0fff 001c") + SNAP_PACKET + b"pp"


def test_packet_behind_a_tag_is_found():
    assert read(VLAN, TAGGED) == Read(IPV4, IPV4_PACKET, 100)


def test_length_in_place_of_a_type_leads_to_llc_and_leaves_padding_out():
    assert read(VLAN, WITH_LENGTH) == Read(LLC_FRAME, SNAP_PACKET, 4095)


def test_tag_behind_a_tag_is_another_tag():
    assert read(VLAN, bytes.fromhex("0001 88a8 0002 0800") + IPV4_PACKET) == Read(
        claim(ETHERTYPE, 0x88A8), bytes.fromhex("0002 0800") + IPV4_PACKET, 1
    )


def test_number_that_is_neither_type_nor_length_leads_nowhere():
    assert read(VLAN, bytes.fromhex("0001 05dd") + IPV4_PACKET) == Read(NOTHING, b"", 1)


def test_every_cut_stays_inside():
    cuts_stay_inside(VLAN, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(VLAN, noise)
