"""Token ring."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.token_ring import TOKEN_RING
from quivive.messages.carried import LLC_FRAME
from tests.layers import SNAP_PACKET, Read, altered, cuts_stay_inside, read

# LLC frame; the sender routed it over one bridge: 4 bytes
ROUTED = bytes.fromhex("10 40 020000000002 820000000001 0430 0012") + SNAP_PACKET


def test_llc_behind_the_source_route_is_found():
    assert read(TOKEN_RING, ROUTED) == Read(LLC_FRAME, SNAP_PACKET)


def test_llc_without_source_route_is_found():
    assert read(TOKEN_RING, bytes.fromhex("10 40 020000000002 020000000001") + SNAP_PACKET) == Read(
        LLC_FRAME, SNAP_PACKET
    )


def test_source_route_of_no_length_leads_nowhere():
    assert read(TOKEN_RING, bytes.fromhex("10 40 020000000002 820000000001 0000") + SNAP_PACKET) == Read(NOTHING)


def test_ring_management_leads_nowhere():
    assert read(TOKEN_RING, bytes.fromhex("10 00 020000000002 020000000001") + SNAP_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(TOKEN_RING, ROUTED)


@given(altered(ROUTED))
def test_noise_stays_inside(noise):
    read(TOKEN_RING, noise)
