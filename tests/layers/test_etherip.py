"""EtherIP."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.etherip import ETHERIP
from quivive.messages.carried import ETHERNET
from tests.layers import ETHERNET_FRAME, Read, altered, cuts_stay_inside, read

# version 3
FRAMED = bytes.fromhex("3000") + ETHERNET_FRAME


def test_frame_behind_the_header_is_found():
    assert read(ETHERIP, FRAMED) == Read(ETHERNET, ETHERNET_FRAME)


def test_frame_without_the_header_is_found():
    assert read(ETHERIP, ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME)


def test_another_version_leads_nowhere():
    assert read(ETHERIP, bytes.fromhex("4000") + ETHERNET_FRAME) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(ETHERIP, FRAMED)


@given(altered(FRAMED))
def test_noise_stays_inside(noise):
    read(ETHERIP, noise)
