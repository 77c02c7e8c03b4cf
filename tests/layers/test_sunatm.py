"""SunATM."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.sunatm import SUNATM
from quivive.messages.carried import ETHERNET, LLC_FRAME
from tests.layers import ETHERNET_FRAME, SNAP_PACKET, Read, altered, cuts_stay_inside, read

# LLC multiplexed; path 0, circuit 100
MULTIPLEXED = bytes.fromhex("02 00 0064") + SNAP_PACKET


def test_llc_is_found():
    assert read(SUNATM, MULTIPLEXED) == Read(LLC_FRAME, SNAP_PACKET, 100)


def test_emulated_lan_carries_a_frame():
    assert read(SUNATM, bytes.fromhex("81 01 0064 0001") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 0x10064)


def test_signalling_leads_nowhere():
    assert read(SUNATM, bytes.fromhex("06 00 0005 09")) == Read(NOTHING, b"", 5)


def test_every_cut_stays_inside():
    cuts_stay_inside(SUNATM, MULTIPLEXED)


@given(altered(MULTIPLEXED))
def test_noise_stays_inside(noise):
    read(SUNATM, noise)
