"""Headers and checksums, against the byte strings and rules of their RFCs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quivive.demo import wire
from tests.demo.independent import ones_sum


def test_checksum_of_the_example_in_rfc_1071():
    assert wire.checksum(bytes.fromhex("0001 f203 f4f5 f6f7")) == 0xFFFF ^ 0xDDF2


@given(st.binary(max_size=70))
def test_data_with_its_checksum_adds_up_to_all_ones(data):
    padded = data + b"\0" * (len(data) % 2)
    assert ones_sum(padded + wire.checksum(data).to_bytes(2, "big")) in (0xFFFF, 0)  # 0 only for nothing but zeros
    assert wire.checksum(data) == 0xFFFF ^ ones_sum(padded)


def test_ipv4_header_stands_as_in_rfc_791():
    assert wire.ipv4("192.0.2.1", "198.51.100.2", 17, b"abcd", ttl=64, ident=0x1234) == bytes.fromhex(
        "45 00 0018"  # version and header length, service, total length
        "1234 4000"  # identification, do not fragment
        "40 11 3c6a"  # time to live, UDP, checksum
        "c0000201 c6336402"
        "61626364"
    )  # fmt: skip


def test_short_frames_are_padded_and_tags_stand_before_the_type():
    frame = wire.ethernet("02:00:00:00:00:02", "02:00:00:00:00:01", wire.ARP_TYPE, b"\x01", vlan=40)
    assert frame == bytes.fromhex("020000000002 020000000001 8100 0028 0806 01") + b"\0" * 41


def test_udp_never_sends_the_checksum_that_means_none():
    for number in range(0x10000):
        message = wire.udp("0.0.0.0", 0, "0.0.0.0", 0, number.to_bytes(2, "big"))
        if message[6:8] == b"\xff\xff":
            return
        assert message[6:8] != b"\0\0"
    raise AssertionError("no message added up to zero")
