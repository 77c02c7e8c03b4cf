"""BSD IPsec interface."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.enc import ENC
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# family 2, index 0x100, flags: authenticated and confidential
DECRYPTED = bytes.fromhex("02000000 00000100 00000c00") + IPV4_PACKET


def test_packet_is_found():
    assert read(ENC, DECRYPTED) == Read(IPV4, IPV4_PACKET, 0x100)


def test_every_cut_stays_inside():
    cuts_stay_inside(ENC, DECRYPTED)


@given(altered(DECRYPTED))
def test_noise_stays_inside(noise):
    read(ENC, noise)
