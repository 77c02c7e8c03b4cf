"""MACsec."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.macsec import MACSEC
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# association 0; no short length; packet number 1; IPv4; 16 bytes of check
SIGNED = bytes.fromhex("00 00 00000001 0800") + IPV4_PACKET + b"c" * 16
# with channel 02:00:00:00:00:01 port 1; 22 bytes of data
WITH_CHANNEL = bytes.fromhex("20 16 00000001 020000000001 0001 0800") + IPV4_PACKET + b"c" * 16
# encrypted and changed
ENCRYPTED = bytes.fromhex("0c 00 00000001") + b"x" * 40


def test_signed_packet_is_found_without_its_check():
    assert read(MACSEC, SIGNED) == Read(IPV4, IPV4_PACKET)


def test_channel_is_stepped_over_and_short_length_bounds_the_data():
    assert read(MACSEC, WITH_CHANNEL) == Read(IPV4, IPV4_PACKET)


def test_encrypted_packet_leads_nowhere():
    assert read(MACSEC, ENCRYPTED) == Read(NOTHING)


def test_changed_but_not_encrypted_packet_leads_nowhere():
    assert read(MACSEC, bytes.fromhex("04 00 00000001 0800") + IPV4_PACKET + b"c" * 16) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(MACSEC, WITH_CHANNEL)


@given(altered(WITH_CHANNEL))
def test_noise_stays_inside(noise):
    read(MACSEC, noise)
