"""PPP over Ethernet."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.pppoe import PPPOE
from quivive.messages.carried import PPP_FRAME
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# version 1, type 1, session data; session 0x1234; 22 bytes; PPP protocol IPv4; padding
SESSION = bytes.fromhex("11 00 1234 0016 0021") + IPV4_PACKET + b"pad"


def test_ppp_frame_is_found_without_padding():
    assert read(PPPOE, SESSION) == Read(PPP_FRAME, bytes.fromhex("0021") + IPV4_PACKET, 0x1234)


def test_discovery_leads_nowhere():
    assert read(PPPOE, bytes.fromhex("11 09 0000 0004 0101 0000")) == Read(NOTHING)


def test_length_beyond_the_capture_is_cut_to_it():
    assert read(PPPOE, bytes.fromhex("11 00 1234 ffff 0021")) == Read(PPP_FRAME, bytes.fromhex("0021"), 0x1234)


def test_every_cut_stays_inside():
    cuts_stay_inside(PPPOE, SESSION)


@given(altered(SESSION))
def test_noise_stays_inside(noise):
    read(PPPOE, noise)
