"""ATM connections."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.atm_rfc1483 import ATM_RFC1483
from quivive.messages.carried import IPV4, LLC_FRAME
from tests.layers import IPV4_PACKET, SNAP_PACKET, Read, altered, cuts_stay_inside, read


def test_llc_is_found():
    assert read(ATM_RFC1483, SNAP_PACKET) == Read(LLC_FRAME, SNAP_PACKET)


def test_packet_without_llc_is_found():
    assert read(ATM_RFC1483, IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_every_cut_stays_inside():
    cuts_stay_inside(ATM_RFC1483, SNAP_PACKET)


@given(altered(SNAP_PACKET))
def test_noise_stays_inside(noise):
    read(ATM_RFC1483, noise)
