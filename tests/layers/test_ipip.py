"""IP within IP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.ipip import IPIP
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read


def test_packet_is_found():
    assert read(IPIP, IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_version_decides():
    assert read(IPIP, IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_content_that_is_no_packet_leads_nowhere():
    assert read(IPIP, b"x" * 40) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(IPIP, IPV4_PACKET)


@given(altered(IPV4_PACKET))
def test_noise_stays_inside(noise):
    read(IPIP, noise)
