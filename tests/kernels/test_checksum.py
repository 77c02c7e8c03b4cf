"""Checksums: published values, packets checked by hand, and every single changed byte noticed."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows.track import Timeouts, Tracker
from quivive.kernels import checksum
from quivive.kernels.checksum import RIGHT, UNCHECKED, WRONG_IP, WRONG_TRANSPORT
from quivive.kernels.flow_row import HISTORY
from tests.kernels.frames import decoded, ethernet, ipv4, ipv6, tcp, udp

NOTHING = np.empty(0, np.uint8)

QUERY = bytes.fromhex("1234 0100 0001 0000 0000 0000 03777777 04 6365726e 02 6368 00 001c 0001")


def array(data):
    return np.frombuffer(bytes(data), np.uint8).copy()


def ones_sum(data):
    """Return the Internet checksum of bytes, as RFC 1071 writes it down."""
    padded = bytes(data) + bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_ip_sum(packet):
    size = (packet[0] & 15) * 4
    return packet[:10] + struct.pack(">H", ones_sum(packet[:size])) + packet[12:]


def with_sum(segment, at, pseudo=b""):
    value = ones_sum(pseudo + segment)
    return segment[:at] + struct.pack(">H", value or 0xFFFF) + segment[at + 2 :]


def pseudo4(segment, protocol):
    return bytes([10, 0, 0, 1, 10, 0, 0, 2, 0, protocol]) + struct.pack(">H", len(segment))


def pseudo6(segment, protocol):
    net = bytes.fromhex("20010db8") + bytes(11)
    return net + b"\1" + net + b"\2" + struct.pack(">II", len(segment), protocol)


def v4(segment, protocol, **more):
    return ethernet(with_ip_sum(ipv4(segment, protocol=protocol, **more)))


def sctp(payload):
    """Return an SCTP packet; its checksum is that of the table-free definition, low byte first."""
    packet = struct.pack(">HHI", 2905, 2905, 7) + bytes(4) + payload
    value = 0xFFFFFFFF
    for byte in packet:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return packet[:8] + struct.pack("<I", value ^ 0xFFFFFFFF) + packet[12:]


PACKETS = {
    "tcp": v4(with_sum(tcp(b"odd"), 16, pseudo4(tcp(b"odd"), 6)), 6),
    "udp": v4(with_sum(udp(QUERY), 6, pseudo4(udp(QUERY), 17)), 17),
    "icmp": v4(with_sum(bytes.fromhex("0800 0000 0001 0002") + b"ping", 2), 1),
    "sctp": v4(sctp(b"\3\0\0\4"), 132),
    "options": v4(with_sum(udp(b"x"), 6, pseudo4(udp(b"x"), 17)), 17, options=bytes.fromhex("01010101")),
    "tcp over ipv6": ethernet(ipv6(with_sum(tcp(b"!"), 16, pseudo6(tcp(b"!"), 6)), kind=6), 0x86DD),
    "icmpv6": ethernet(ipv6(with_sum(bytes.fromhex("8000 0000 0001 0002"), 2, pseudo6(bytes(8), 58)), kind=58), 0x86DD),
}


def checked(*frames):
    """Return what is found for each frame, and the flow table afterwards."""
    data, packets = decoded(list(frames))
    checksum.check_packets(data, NOTHING, packets, len(frames))
    tracker = Tracker(Timeouts(), np.zeros((2, 65_536), np.uint8))
    tracker.track(data, packets)
    return packets.checksum.tolist(), tracker.table.row


def test_the_example_of_rfc_1071_adds_up():
    words = array(bytes.fromhex("0001 f203 f4f5 f6f7"))
    assert checksum.words_of(words, 0, 8) == 0x2DDF0
    assert checksum.is_right(0x2DDF0 + (~0xDDF2 & 0xFFFF))
    assert not checksum.is_right(0x2DDF0 + (~0xDDF2 & 0xFFFF) + 1)


def test_the_published_crc32c_is_found():
    # RFC 3720, B.4: 32 bytes of zeros give 8a9136aa, here as the CRC of a packet whose own checksum counts as zero.
    assert checksum.crc32c(array(bytes(8) + b"\xff\xff\xff\xff" + bytes(20)), 0, 32) == 0x8A9136AA


@pytest.mark.parametrize("frame", PACKETS.values(), ids=PACKETS)
def test_a_right_checksum_is_right(frame):
    assert checked(frame)[0] == [RIGHT]


@pytest.mark.parametrize("name", PACKETS)
def test_every_changed_byte_of_a_payload_and_its_ports_is_noticed(name):
    frame, header = PACKETS[name], 54 if "6" in name else 38 if name == "options" else 34
    places = [*range(header, header + 4), *range(len(frame) - 2, len(frame))]
    changed = [frame[:at] + bytes([frame[at] ^ 0x41]) + frame[at + 1 :] for at in places]
    assert checked(*changed)[0] == [WRONG_TRANSPORT] * len(places)


def test_a_changed_byte_of_an_ipv4_header_is_noticed_first():
    frame = bytearray(PACKETS["tcp"])
    frame[22] ^= 1  # the time to live, which no other checksum covers
    found, row = checked(bytes(frame))
    assert found == [WRONG_IP]
    assert row[0, HISTORY] & 63 == 12, "the history begins with C"


def test_what_cannot_be_checked_is_not_called_wrong():
    no_sum, cut = v4(udp(QUERY), 17), PACKETS["udp"][:-1]
    gre = v4(bytes.fromhex("0000 88b5") + bytes(20), 47)
    assert checked(no_sum, cut, gre)[0] == [UNCHECKED] * 3


def test_only_packets_of_flows_are_checked():
    assert checked(ethernet(b"\0\1", 0x0806))[0] == [UNCHECKED]


@given(st.binary(max_size=70), st.integers(0, 3))
def test_sums_are_those_of_rfc_1071(said, before):
    data = array(b"\xff" * before + said + b"\xff")
    total = int(checksum.words_of(data, before, len(said)))
    assert checksum.is_right(total + ones_sum(said)) == (total + ones_sum(said) > 0)
