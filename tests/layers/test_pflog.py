"""BSD packet filter log."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.pflog import PFLOG
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# 61 bytes, padded to 64; family 2
LOGGED = bytes.fromhex("3d 02 00 00") + b"em0".ljust(60, b"\x00") + IPV4_PACKET


def test_packet_is_found():
    assert read(PFLOG, LOGGED) == Read(IPV4, IPV4_PACKET)


def test_length_shorter_than_any_header_leads_nowhere():
    assert read(PFLOG, b"\x18" + LOGGED[1:]) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(PFLOG, LOGGED)


@given(altered(LOGGED))
def test_noise_stays_inside(noise):
    read(PFLOG, noise)
