"""IPv6 within IP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.six_in_four import SIX_IN_FOUR
from quivive.messages.carried import IPV6
from tests.layers import IPV6_PACKET, Read, altered, cuts_stay_inside, read


def test_packet_is_found():
    assert read(SIX_IN_FOUR, IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_content_that_is_no_packet_leads_nowhere():
    assert read(SIX_IN_FOUR, b"x" * 40) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(SIX_IN_FOUR, IPV6_PACKET)


@given(altered(IPV6_PACKET))
def test_noise_stays_inside(noise):
    read(SIX_IN_FOUR, noise)
