"""FDDI."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.fddi import FDDI
from quivive.messages.carried import LLC_FRAME
from tests.layers import SNAP_PACKET, Read, altered, cuts_stay_inside, read

# asynchronous LLC frame; two addresses
FRAME = bytes.fromhex("50 020000000002 020000000001") + SNAP_PACKET


def test_llc_is_found():
    assert read(FDDI, FRAME) == Read(LLC_FRAME, SNAP_PACKET)


def test_station_management_leads_nowhere():
    assert read(FDDI, bytes.fromhex("41 020000000002 020000000001") + SNAP_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(FDDI, FRAME)


@given(altered(FRAME))
def test_noise_stays_inside(noise):
    read(FDDI, noise)
