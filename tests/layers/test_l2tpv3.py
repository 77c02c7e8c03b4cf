"""L2TP version 3 on IP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING, REFUSED
from quivive.layers.l2tpv3 import L2TPV3
from quivive.messages.carried import ETHERNET
from tests.layers import ETHERNET_FRAME, Read, altered, cuts_stay_inside, read

# session 5, cookie of 8 bytes, sublayer of 4
DATA = bytes.fromhex("00000005 0102030405060708 40000001") + ETHERNET_FRAME


def test_frame_behind_cookie_and_sublayer_is_found():
    assert read(L2TPV3, DATA) == Read(ETHERNET, ETHERNET_FRAME, 5)


def test_frame_without_either_is_found():
    assert read(L2TPV3, bytes.fromhex("00000005") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 5)


def test_control_message_is_refused():
    assert read(L2TPV3, bytes.fromhex("00000000 c803 000c") + bytes(40)) == Read(REFUSED)


def test_content_that_is_no_frame_leads_nowhere():
    assert read(L2TPV3, bytes.fromhex("00000005") + b"x" * 60) == Read(NOTHING, b"", 5)


def test_every_cut_stays_inside():
    cuts_stay_inside(L2TPV3, DATA)


@given(altered(DATA))
def test_noise_stays_inside(noise):
    read(L2TPV3, noise)
