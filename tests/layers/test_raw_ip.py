"""Raw IP captures."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.raw_ip import RAW_IP
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read


def test_ipv4_is_told_by_its_version():
    assert read(RAW_IP, IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_ipv6_is_told_by_its_version():
    assert read(RAW_IP, IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_header_shorter_than_a_header_leads_nowhere():
    assert read(RAW_IP, b"\x44" + IPV4_PACKET[1:]) == Read(NOTHING)


def test_total_length_shorter_than_the_header_leads_nowhere():
    assert read(RAW_IP, IPV4_PACKET.replace(b"\x00\x14", b"\x00\x13", 1)) == Read(NOTHING)


def test_total_length_zero_is_left_to_the_senders_card():
    assert read(RAW_IP, IPV4_PACKET.replace(b"\x00\x14", b"\x00\x00", 1)) == Read(
        IPV4, IPV4_PACKET.replace(b"\x00\x14", b"\x00\x00", 1)
    )


def test_every_cut_stays_inside():
    cuts_stay_inside(RAW_IP, IPV6_PACKET)


@given(altered(IPV6_PACKET))
def test_noise_stays_inside(noise):
    read(RAW_IP, noise)
