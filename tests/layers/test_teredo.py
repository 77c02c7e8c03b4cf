"""Teredo."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import REFUSED
from quivive.layers.teredo import TEREDO
from quivive.messages.carried import IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# authentication: no identifier, no value, nonce, confirmed; origin 192.0.2.1 port 40000, both inverted
INDICATED = bytes.fromhex("0001 00 00 0102030405060708 00 0000 63bf 3ffffdfe") + IPV6_PACKET
# a header that says 100 bytes follow, of which none was captured; from 2001:0::1
SNAPPED = bytes.fromhex("60000000 0064 3b 40 20010000000000000000000000000001 20010db8000000000000000000000002")


def test_bare_packet_is_found():
    assert read(TEREDO, IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_indications_are_stepped_over():
    assert read(TEREDO, INDICATED) == Read(IPV6, IPV6_PACKET)


def test_origin_alone_is_stepped_over():
    assert read(TEREDO, bytes.fromhex("0000 63bf 3ffffdfe") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_snapped_packet_with_a_teredo_address_is_found():
    assert read(TEREDO, SNAPPED) == Read(IPV6, SNAPPED)


def test_too_short_packet_without_a_teredo_address_is_refused():
    assert read(TEREDO, SNAPPED.replace(b"\x20\x01\x00\x00", b"\x20\x01\x0d\xb8")) == Read(REFUSED)


def test_ipv4_is_refused():
    assert read(TEREDO, IPV4_PACKET * 2) == Read(REFUSED)


def test_other_datagrams_are_refused():
    assert read(TEREDO, b"x" * 60) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(TEREDO, INDICATED)


@given(altered(INDICATED))
def test_noise_stays_inside(noise):
    read(TEREDO, noise)
