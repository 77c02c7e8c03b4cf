"""Multilink frame relay."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, NOTHING, claim
from quivive.layers.mfr import MFR
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# begin and end, sequence 5; connection 100, IPv4
WHOLE = bytes.fromhex("c1 05 18 41 03 cc") + IPV4_PACKET


def test_whole_frame_is_found():
    assert read(MFR, WHOLE) == Read(claim(LINK, 107), bytes.fromhex("18 41 03 cc") + IPV4_PACKET)


def test_part_of_a_frame_leads_nowhere():
    assert read(MFR, bytes.fromhex("81 05 18 41 03 cc") + IPV4_PACKET) == Read(NOTHING)


def test_control_frame_leads_nowhere():
    assert read(MFR, bytes.fromhex("e1 00 01")) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(MFR, WHOLE)


@given(altered(WHOLE))
def test_noise_stays_inside(noise):
    read(MFR, noise)
