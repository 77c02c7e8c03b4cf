"""Cisco metadata."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.cisco_metadata import CISCO_METADATA
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# version 1, one option: type 1, security group 5; IPv4 follows
TAGGED = bytes.fromhex("01 01 0001 0005 0800") + IPV4_PACKET


def test_packet_behind_one_option_is_found():
    assert read(CISCO_METADATA, TAGGED) == Read(IPV4, IPV4_PACKET, 5)


def test_packet_behind_two_options_is_found():
    assert read(CISCO_METADATA, bytes.fromhex("01 02 0001 0005 0002 0006 0800") + IPV4_PACKET) == Read(
        IPV4, IPV4_PACKET, 5
    )


def test_another_version_leads_nowhere():
    assert read(CISCO_METADATA, bytes.fromhex("02 01 0001 0005 0800") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(CISCO_METADATA, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(CISCO_METADATA, noise)
