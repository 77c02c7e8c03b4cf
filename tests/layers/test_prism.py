"""Prism and AVS headers."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LINK, NOTHING, claim
from quivive.layers.prism import PRISM
from tests.layers import Read, altered, cuts_stay_inside, read

# message 0x44, 144 bytes, little-endian
PRISM_FRAME = bytes.fromhex("44000000 90000000") + bytes(136) + bytes.fromhex("0801")
# AVS version 1, 64 bytes
AVS_FRAME = bytes.fromhex("80211001 00000040") + bytes(56) + bytes.fromhex("0801")


def test_frame_behind_prism_is_found():
    assert read(PRISM, PRISM_FRAME) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_frame_behind_big_endian_prism_is_found():
    assert read(PRISM, bytes.fromhex("00000044 00000090") + bytes(136) + bytes.fromhex("0801")) == Read(
        claim(LINK, 105), bytes.fromhex("0801")
    )


def test_frame_behind_avs_is_found():
    assert read(PRISM, AVS_FRAME) == Read(claim(LINK, 105), bytes.fromhex("0801"))


def test_unknown_message_leads_nowhere():
    assert read(PRISM, bytes.fromhex("45000000 90000000") + bytes(138)) == Read(NOTHING)


def test_every_cut_of_avs_stays_inside():
    cuts_stay_inside(PRISM, AVS_FRAME)


def test_every_cut_stays_inside():
    cuts_stay_inside(PRISM, PRISM_FRAME)


@given(altered(PRISM_FRAME))
def test_noise_stays_inside(noise):
    read(PRISM, noise)
