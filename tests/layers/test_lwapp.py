"""LWAPP data packets."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, REFUSED, claim
from quivive.layers.lwapp import LWAPP
from tests.layers import Read, altered, cuts_stay_inside, read

# version 0, radio 1, data; fragment number 31; 2 bytes; signal and noise
DATA = bytes.fromhex("08 1f 0002 eb 4a 0108")


def test_wireless_frame_is_found():
    assert read(LWAPP, DATA) == Read(claim(LINK, 105), bytes.fromhex("0108"))


def test_control_message_is_refused():
    assert read(LWAPP, bytes.fromhex("0c 1f 0002 eb 4a 0108")) == Read(REFUSED)


def test_fragment_is_refused():
    assert read(LWAPP, bytes.fromhex("0a 1f 0002 eb 4a 0108")) == Read(REFUSED)


def test_another_length_is_refused():
    assert read(LWAPP, bytes.fromhex("08 1f 0003 eb 4a 0108")) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(LWAPP, DATA)


@given(altered(DATA))
def test_noise_stays_inside(noise):
    read(LWAPP, noise)
