"""AYIYA."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import REFUSED
from quivive.layers.ayiya import AYIYA
from quivive.messages.carried import IPV6
from tests.layers import IPV6_PACKET, Read, altered, cuts_stay_inside, read

# identity of 16 bytes, signature of 20, SHA-1; shared secret, forward; IPv6; time
FORWARDED = bytes.fromhex("41 52 11 29 00000000") + bytes(36) + IPV6_PACKET


def test_packet_behind_identity_and_signature_is_found():
    assert read(AYIYA, FORWARDED) == Read(IPV6, IPV6_PACKET)


def test_other_operations_are_refused():
    assert read(AYIYA, FORWARDED.replace(b"\x52\x11", b"\x52\x12", 1)) == Read(REFUSED)


def test_content_that_is_no_packet_is_refused():
    assert read(AYIYA, FORWARDED[:44] + b"x" * 40) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(AYIYA, FORWARDED)


@given(altered(FORWARDED))
def test_noise_stays_inside(noise):
    read(AYIYA, noise)
