import gzip
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.capture.reading import Packet, read, read_file

LITTLE = bytes.fromhex(
    """
    d4c3b2a1 0200 0400 00000000 00000000  ffff0000 01000000  # magic, version 2.4, zone, figures, snap, Ethernet
""".replace("# magic, version 2.4, zone, figures, snap, Ethernet", "")
)
FIRST = bytes.fromhex("00f15365 40e20100 04000000 3c000000" + "deadbeef")  # 2023-11-14 22:13:20.123456, 4 of 60 bytes
SECOND = bytes.fromhex("01f15365 00000000 02000000 02000000" + "cafe")  # one second on, 2 of 2 bytes
THIRD = bytes.fromhex("02f15365 3f420f00 03000000 03000000" + "abcdef")  # 999,999 microseconds
START_NS = 1_700_000_000 * 10**9
PACKETS = [
    Packet(b"\xde\xad\xbe\xef", START_NS + 123_456_000, 60),
    Packet(b"\xca\xfe", START_NS + 10**9, 2),
    Packet(b"\xab\xcd\xef", START_NS + 2 * 10**9 + 999_999_000, 3),
]
CAPTURE = LITTLE + FIRST + SECOND + THIRD


def troubles(info):
    return [(trouble.offset, trouble.reason, trouble.lost_bytes) for trouble in info.troubles]


def test_records_become_packets():
    packets, info = read(CAPTURE)

    assert packets == PACKETS
    assert (info.format, info.compression, info.n_snapped, info.troubles) == ("pcap", "", 1, [])
    assert info.interfaces == [
        {
            "name": "", "link_type": 1, "snap_bytes": 65535, "ts_resolution": "10^-6", "filter": "", "os": "",
            "n_dropped": 0, "n_received": 0, "fcs_bytes": 0,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "header", "record", "packet"),
    [
        (
            "big-endian",
            "a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000071",
            "6553f100 0001e240 00000002 0000003c cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60, 113),
        ),
        (
            "little-endian nanoseconds",
            "4d3cb2a1 0200 0400 00000000 00000000 ffff0000 01000000",
            "00f15365 15cd5b07 02000000 3c000000 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_789, 60),
        ),
        (
            "big-endian nanoseconds",
            "a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001",
            "6553f100 075bcd15 00000002 0000003c cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_789, 60),
        ),
        (
            "Kuznetzov: interface 7, protocol 0800, packet type 4",
            "34cdb2a1 0200 0400 00000000 00000000 ffff0000 01000000",
            "00f15365 40e20100 02000000 3c000000 07000000 0008 04 00 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
        (
            "netsniff-ng: time source 1, interface 7, protocol 0800, hardware 1, packet type 4",
            "12cbe2a1 0200 0400 00000000 00000000 ffff0000 01000000",
            "00f15365 15cd5b07 02000000 3c000000 0100 0700 0008 01 04 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_789, 60),
        ),
        (
            "Navtel, big-endian",
            "a12b3c4d 0002 0004 00000000 00000000 0000ffff 00000001",
            "6553f100 075bcd15 00000002 0000003c cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_789, 60),
        ),
        (
            "IXIA hardware: 18 bytes follow the header",
            "ac01001c 0200 0400 00000000 00000000 ffff0000 01000000 12000000",
            "00f15365 40e20100 02000000 3c000000 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
        (
            "IXIA software, big-endian",
            "1c0001ab 0002 0004 00000000 00000000 0000ffff 00000001 00000012",
            "6553f100 0001e240 00000002 0000003c cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
        (
            "version 2.2: wire length before captured length",
            "d4c3b2a1 0200 0200 00000000 00000000 ffff0000 01000000",
            "00f15365 40e20100 3c000000 02000000 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
        (
            "version 2.3, lengths swapped",
            "d4c3b2a1 0200 0300 00000000 00000000 ffff0000 01000000",
            "00f15365 40e20100 3c000000 02000000 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
        (
            "version 2.3, lengths as in 2.4",
            "d4c3b2a1 0200 0300 00000000 00000000 ffff0000 01000000",
            "00f15365 40e20100 02000000 3c000000 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
        (
            "DG/UX, version 543.0",
            "d4c3b2a1 1f02 0000 00000000 00000000 ffff0000 01000000",
            "00f15365 40e20100 3c000000 02000000 cafe",
            Packet(b"\xca\xfe", START_NS + 123_456_000, 60),
        ),
    ],
    ids=lambda value: value.split(":")[0].split(",")[0] if isinstance(value, str) and value[0].isalpha() else "",
)
def test_every_variant_is_read(name, header, record, packet):
    packets, info = read(bytes.fromhex(header) + bytes.fromhex(record) * 2)

    assert packets == [packet, packet], name
    assert info.troubles == []


def test_a_frame_check_sequence_is_told_apart_from_the_link_type():
    header = LITTLE[:20] + bytes.fromhex("01000024")  # two 16-bit words of FCS, the bit that says so, Ethernet

    packets, info = read(header + SECOND)

    assert packets == [Packet(b"\xca\xfe", START_NS + 10**9, 2)]
    assert (info.interfaces[0]["link_type"], info.interfaces[0]["fcs_bytes"]) == (1, 4)


def test_a_record_without_bytes_is_a_packet():
    packets, info = read(LITTLE + bytes.fromhex("00f15365 00000000 00000000 3c000000") + SECOND)

    assert packets == [Packet(b"", START_NS, 60), Packet(b"\xca\xfe", START_NS + 10**9, 2)]
    assert info.troubles == []


def test_a_capture_without_packets_is_read():
    assert read(LITTLE) == ([], read(CAPTURE[:24])[1])


def test_a_capture_cut_at_any_byte_keeps_its_whole_packets():
    ends = [len(LITTLE), len(LITTLE + FIRST), len(LITTLE + FIRST + SECOND), len(CAPTURE)]
    for size in range(4, len(CAPTURE)):
        packets, info = read(CAPTURE[:size])
        whole = [end for end in ends if end <= size]
        if not whole:
            expected = [(0, "the file's header is cut short", size)]
        else:
            expected = [(whole[-1], "the last record is cut short", size - whole[-1])] if size > whole[-1] else []
        assert packets == PACKETS[: max(len(whole) - 1, 0)], size
        assert troubles(info) == expected, size


def test_a_gzip_of_a_capture_cut_at_any_byte_never_fails(tmp_path):
    packed = gzip.compress(CAPTURE, mtime=0)
    path = tmp_path / "capture.pcap.gz"
    for size in range(len(packed) // 2, len(packed)):
        path.write_bytes(packed[:size])
        packets, info = read_file(path)
        assert packets == PACKETS[: len(packets)]
        assert any("cut short" in trouble.reason for trouble in info.troubles), size


def test_a_damaged_length_costs_one_packet():
    damaged = bytearray(CAPTURE)
    at = len(LITTLE + FIRST)
    damaged[at + 11] = 0xFF  # captured length 0xff000002
    packets, info = read(bytes(damaged))

    assert packets == [PACKETS[0], PACKETS[2]]
    assert troubles(info) == [(at, "a record header is damaged", len(SECOND))]


def test_a_length_that_hides_later_packets_is_cut_back_to_them():
    records = [struct.pack("<4I", 1_700_000_000 + k, 0, 40, 40) + bytes([k]) * 40 for k in range(8)]
    records[2] = struct.pack("<4I", 1_700_000_002, 0, 40 + 60, 40) + records[2][16:]  # swallows most of its neighbour
    packets, info = read(LITTLE + b"".join(records))

    assert [packet.captured for packet in packets] == [bytes([k]) * 40 for k in range(8)]
    assert troubles(info) == [(24 + 3 * 56, "a record header is damaged", 0)]


def test_noise_between_packets_is_stepped_over():
    noise = b"\xff" * 1000
    for order in (FIRST + noise + SECOND + THIRD, FIRST + SECOND + noise + THIRD):
        packets, info = read(LITTLE + order)
        assert packets == PACKETS
        assert [lost for _, _, lost in troubles(info)] == [1000]


def test_the_longest_packet_believed_is_read_and_one_byte_more_is_not():
    def capture(size):
        return LITTLE + FIRST + struct.pack("<4I", 1_700_000_000, 0, size, size) + bytes(size) + SECOND

    assert [packet.wire_bytes for packet in read(capture(1 << 18))[0]] == [60, 1 << 18, 2]
    packets, info = read(capture((1 << 18) + 1))
    assert [packet.wire_bytes for packet in packets] == [60, 2]
    assert troubles(info) == [(44, "a record header is damaged", 16 + (1 << 18) + 1)]


def test_a_larger_snap_length_is_believed():
    size = (1 << 18) + 1
    header = LITTLE[:16] + struct.pack("<2I", 1 << 20, 189)  # USB transfers may be long
    packets, info = read(header + struct.pack("<4I", 1_700_000_000, 0, size, size) + bytes(size))

    assert [(packet.wire_bytes, packet.link_type) for packet in packets] == [(size, 189)]
    assert info.troubles == []


def test_many_damaged_places_are_listed_up_to_a_bound():
    broken = bytes.fromhex("00f15365 00000000 ffffffff 02000000")
    packets, info = read(LITTLE + (FIRST + SECOND + THIRD + broken) * 1100)

    assert len(packets) == 3300
    assert len(info.troubles) == 1025
    assert info.troubles[-1].reason == "more is damaged from here on than is listed"


@given(
    sizes=st.lists(st.integers(0, 100), min_size=1, max_size=40),
    window_bytes=st.integers(240, 500),
    cut=st.integers(0, 60),
)
def test_windows_of_any_size_give_the_same_packets(sizes, window_bytes, cut):
    records = [struct.pack("<4I", k, k, size, size) + bytes([k]) * size for k, size in enumerate(sizes)]
    data = (LITTLE + b"".join(records))[: -cut or None]
    if len(data) > 24:
        packets, info = read(data, window_bytes=window_bytes)
        whole, whole_info = read(data)
        assert packets == whole
        assert info == whole_info


@given(st.binary(max_size=300), st.integers(0, len(CAPTURE)), st.integers(240, 2000))
def test_noise_never_fails(noise, at, window_bytes):
    for data in (CAPTURE[:at] + noise + CAPTURE[at:], CAPTURE[:at] + noise):
        if data[:4] == CAPTURE[:4]:
            packets, info = read(data, window_bytes=window_bytes)
            assert all(trouble.offset <= len(data) for trouble in info.troubles)
            assert sum(len(packet.captured) for packet in packets) <= len(data)
