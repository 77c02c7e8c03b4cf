"""IP authentication header."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import IP_PROTOCOL, NOTHING, claim
from quivive.layers.ah import AH
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# next IPv4, 4 words beyond two; index 0x100, sequence 1, 12 bytes of check
SIGNED = bytes.fromhex("04 04 0000 00000100 00000001") + b"c" * 12 + IPV4_PACKET


def test_next_protocol_is_named():
    assert read(AH, SIGNED) == Read(claim(IP_PROTOCOL, 4), IPV4_PACKET, 0x100)


def test_length_shorter_than_the_header_leads_nowhere():
    assert read(AH, bytes.fromhex("04 00 0000 00000100 00000001") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(AH, SIGNED)


@given(altered(SIGNED))
def test_noise_stays_inside(noise):
    read(AH, noise)
