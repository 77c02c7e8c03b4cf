"""Provider backbone bridges."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.pbb import PBB
from quivive.messages.carried import ETHERNET
from tests.layers import ETHERNET_FRAME, Read, altered, cuts_stay_inside, read

# priority 3, service 0x000102
TAGGED = bytes.fromhex("60 000102") + ETHERNET_FRAME


def test_customers_frame_is_found():
    assert read(PBB, TAGGED) == Read(ETHERNET, ETHERNET_FRAME, 0x0102)


def test_every_cut_stays_inside():
    cuts_stay_inside(PBB, TAGGED)


@given(altered(TAGGED))
def test_noise_stays_inside(noise):
    read(PBB, noise)
