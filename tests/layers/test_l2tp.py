"""L2TP version 2."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import REFUSED
from quivive.layers.l2tp import L2TP
from quivive.messages.carried import PPP_FRAME
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# length 34 and sequence; tunnel 1, session 2; 0, 0; then PPP
DATA = bytes.fromhex("4802 0024 0001 0002 0000 0000 ff03 0021") + IPV4_PACKET
# offset of 2 bytes; tunnel 1, session 2
OFFSET = bytes.fromhex("0202 0001 0002 0002 0000 ff03 0021") + IPV4_PACKET


def test_ppp_behind_length_and_sequence_is_found():
    assert read(L2TP, DATA) == Read(PPP_FRAME, bytes.fromhex("ff03 0021") + IPV4_PACKET, 2)


def test_offset_is_stepped_over():
    assert read(L2TP, OFFSET) == Read(PPP_FRAME, bytes.fromhex("ff03 0021") + IPV4_PACKET, 2)


def test_shortest_header_is_read():
    assert read(L2TP, bytes.fromhex("0002 0001 0002 0021") + IPV4_PACKET) == Read(
        PPP_FRAME, bytes.fromhex("0021") + IPV4_PACKET, 2
    )


def test_control_message_is_refused():
    assert read(L2TP, bytes.fromhex("c802 000c 0001 0000 0000 0000")) == Read(REFUSED)


def test_reserved_bits_are_refused():
    assert read(L2TP, bytes.fromhex("0012 0001 0002 0021") + IPV4_PACKET) == Read(REFUSED)


def test_version_3_is_refused():
    assert read(L2TP, bytes.fromhex("0003 0001 0002 0021") + IPV4_PACKET) == Read(REFUSED)


def test_length_shorter_than_the_header_is_refused():
    assert read(L2TP, bytes.fromhex("4002 0007 0001 0002 0021") + IPV4_PACKET) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(L2TP, OFFSET)


@given(altered(OFFSET))
def test_noise_stays_inside(noise):
    read(L2TP, noise)
