"""MPLS label stacks."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.mpls import MPLS
from quivive.messages.carried import ETHERNET, IPV4, IPV6
from tests.layers import ETHERNET_FRAME, IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# label 16, then label 17 at the bottom; time to live 64
TWO_LABELS = bytes.fromhex("00010040 00011140") + IPV4_PACKET
# label 18 at the bottom, control word, frame
PSEUDOWIRE = bytes.fromhex("00012140 00000001") + ETHERNET_FRAME
# label 19 that is not the bottom
ONE_MORE = bytes.fromhex("00013040")


def test_packet_behind_the_bottom_label_is_found():
    assert read(MPLS, TWO_LABELS) == Read(IPV4, IPV4_PACKET, 17)


def test_ipv6_is_told_by_its_version():
    assert read(MPLS, bytes.fromhex("00002140") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET, 2)


def test_frame_behind_a_control_word_is_found():
    assert read(MPLS, PSEUDOWIRE) == Read(ETHERNET, ETHERNET_FRAME, 18)


def test_frame_without_a_control_word_is_found():
    assert read(MPLS, bytes.fromhex("00012140") + ETHERNET_FRAME) == Read(ETHERNET, ETHERNET_FRAME, 18)


def test_frame_whose_address_looks_like_a_version_is_still_a_frame():
    assert read(MPLS, bytes.fromhex("00012140") + b"\x44" + ETHERNET_FRAME[1:]) == Read(
        ETHERNET, b"\x44" + ETHERNET_FRAME[1:], 18
    )


def test_fifteen_labels_above_the_bottom_are_followed():
    assert read(MPLS, ONE_MORE * 15 + TWO_LABELS[4:]) == Read(IPV4, IPV4_PACKET, 17)


def test_sixteen_labels_above_the_bottom_are_given_up():
    assert read(MPLS, ONE_MORE * 16 + TWO_LABELS[4:]) == Read(NOTHING)


def test_associated_channel_leads_nowhere():
    assert read(MPLS, bytes.fromhex("00012140 10000021 0000") + IPV4_PACKET) == Read(NOTHING, b"", 18)


def test_every_cut_stays_inside():
    cuts_stay_inside(MPLS, PSEUDOWIRE)


@given(altered(PSEUDOWIRE))
def test_noise_stays_inside(noise):
    read(MPLS, noise)
