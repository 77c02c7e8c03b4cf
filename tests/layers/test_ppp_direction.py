"""PPP captures with a direction."""

from __future__ import annotations

from hypothesis import given

from quivive.layers.ppp_direction import PPP_DIRECTION
from quivive.messages.carried import PPP_FRAME
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# received; all stations, unnumbered, IPv4
RECEIVED = bytes.fromhex("00 ff 03 0021") + IPV4_PACKET


def test_frame_behind_the_direction_is_found():
    assert read(PPP_DIRECTION, RECEIVED) == Read(PPP_FRAME, bytes.fromhex("ff 03 0021") + IPV4_PACKET)


def test_every_cut_stays_inside():
    cuts_stay_inside(PPP_DIRECTION, RECEIVED)


@given(altered(RECEIVED))
def test_noise_stays_inside(noise):
    read(PPP_DIRECTION, noise)
