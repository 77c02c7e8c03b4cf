"""GTP-U."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import REFUSED
from quivive.layers.gtpu import GTPU
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# version 1, G-PDU, 20 bytes, tunnel 0xAABBCCDD
PLAIN = bytes.fromhex("30 ff 0014 aabbccdd") + IPV4_PACKET
# with sequence number 1 and one extension (PDU session, one word); 28 bytes
EXTENDED = bytes.fromhex("36 ff 001c aabbccdd 0001 00 85 01 1001 00") + IPV4_PACKET


def test_subscribers_packet_is_found():
    assert read(GTPU, PLAIN) == Read(IPV4, IPV4_PACKET, 0xAABBCCDD)


def test_extension_is_stepped_over():
    assert read(GTPU, EXTENDED) == Read(IPV4, IPV4_PACKET, 0xAABBCCDD)


def test_ipv6_is_told_by_its_version():
    assert read(GTPU, bytes.fromhex("30 ff 0028 00000001") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET, 1)


def test_eight_extensions_are_followed():
    assert read(
        GTPU,
        bytes.fromhex("36 ff 0038 00000001 0001 00 85")
        + bytes.fromhex("01 1001 85") * 7
        + bytes.fromhex("01 1001 00")
        + IPV4_PACKET,
    ) == Read(IPV4, IPV4_PACKET, 1)


def test_nine_extensions_are_refused():
    assert read(
        GTPU,
        bytes.fromhex("36 ff 003c 00000001 0001 00 85")
        + bytes.fromhex("01 1001 85") * 8
        + bytes.fromhex("01 1001 00")
        + IPV4_PACKET,
    ) == Read(REFUSED)


def test_extension_of_no_length_is_refused():
    assert read(GTPU, bytes.fromhex("34 ff 001c 00000001 0001 00 85 00 1001 00") + IPV4_PACKET) == Read(REFUSED)


def test_echo_request_is_refused():
    assert read(GTPU, bytes.fromhex("30 01 0000 00000000")) == Read(REFUSED)


def test_version_2_is_refused():
    assert read(GTPU, bytes.fromhex("50 ff 0014 00000001") + IPV4_PACKET) == Read(REFUSED)


def test_packet_longer_than_its_room_is_refused():
    assert read(GTPU, bytes.fromhex("30 ff 0013 00000001") + IPV4_PACKET) == Read(REFUSED)


def test_content_that_is_no_packet_is_refused():
    assert read(GTPU, bytes.fromhex("30 ff 0014 00000001") + b"x" * 20) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(GTPU, EXTENDED)


@given(altered(EXTENDED))
def test_noise_stays_inside(noise):
    read(GTPU, noise)
