"""Cisco HDLC framing."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import LLC, NOTHING, claim
from quivive.layers.c_hdlc import C_HDLC
from quivive.messages.carried import IPV4, PPP_FRAME
from tests.layers import IPV4_PACKET, Read, altered, cuts_stay_inside, read

# unicast, IPv4
UNICAST = bytes.fromhex("0f 00 0800") + IPV4_PACKET


def test_packet_is_found():
    assert read(C_HDLC, UNICAST) == Read(IPV4, IPV4_PACKET)


def test_osi_is_found_behind_its_padding():
    assert read(C_HDLC, bytes.fromhex("8f 00 fefe 03 83 1b01")) == Read(claim(LLC, 0xFE), bytes.fromhex("83 1b01"))


def test_line_keep_alive_leads_nowhere():
    assert read(C_HDLC, bytes.fromhex("8f 00 8035 00000002")) == Read(NOTHING)


def test_ppp_address_leads_to_ppp():
    assert read(C_HDLC, bytes.fromhex("ff 03 0021") + IPV4_PACKET) == Read(
        PPP_FRAME, bytes.fromhex("ff 03 0021") + IPV4_PACKET
    )


def test_another_address_leads_nowhere():
    assert read(C_HDLC, bytes.fromhex("10 00 0800") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(C_HDLC, UNICAST)


@given(altered(UNICAST))
def test_noise_stays_inside(noise):
    read(C_HDLC, noise)
