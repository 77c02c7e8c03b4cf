"""ERSPAN."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.erspan import ERSPAN
from quivive.messages.carried import ETHERNET, IPV4
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, Read, altered, cuts_stay_inside, read

# version 1, VLAN 1; session 2; index 0
TYPE_II = bytes.fromhex("1001 0002 00000000") + ETHERNET_FRAME
# version 2, VLAN 1; session 2; time; group 0; Ethernet, with platform field
TYPE_III = bytes.fromhex("2001 0002 00000000 0000 0001") + b"platform" + ETHERNET_FRAME


def test_frame_behind_type_ii_is_found():
    assert read(ERSPAN, TYPE_II) == Read(ETHERNET, ETHERNET_FRAME, 2)


def test_platform_field_of_type_iii_is_stepped_over():
    assert read(ERSPAN, TYPE_III) == Read(ETHERNET, ETHERNET_FRAME, 2)


def test_packet_in_type_iii_without_frame_is_found():
    assert read(ERSPAN, bytes.fromhex("2001 0002 00000000 0000 0800") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET, 2)


def test_another_version_leads_nowhere():
    assert read(ERSPAN, bytes.fromhex("3001 0002 00000000") + ETHERNET_FRAME) == Read(NOTHING, b"", 2)


def test_every_cut_stays_inside():
    cuts_stay_inside(ERSPAN, TYPE_III)


@given(altered(TYPE_III))
def test_noise_stays_inside(noise):
    read(ERSPAN, noise)
