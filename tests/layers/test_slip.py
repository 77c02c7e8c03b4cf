"""SLIP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.slip import SLIP
from quivive.messages.carried import IPV4
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# received, not compressed; 14 bytes unused
RECEIVED = bytes.fromhex("00 40") + bytes(14) + IPV4_PACKET


def test_packet_is_found():
    assert read(SLIP, RECEIVED) == Read(IPV4, IPV4_PACKET)


def test_compressed_packet_leads_nowhere():
    assert read(SLIP, bytes.fromhex("00 80") + bytes(14) + b"\x80" * 20) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(SLIP, RECEIVED)


@given(altered(RECEIVED))
def test_noise_stays_inside(noise):
    read(SLIP, noise)
