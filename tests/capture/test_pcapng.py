import gzip
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.capture.reading import Packet, read, read_file

# Literal blocks, little-endian.
SECTION = bytes.fromhex(
    "0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff"  # section header, version 1.0, length not told
    "0400 0700 64756d7063617000"  # option 4, application: dumpcap
    "0000 0000 2c000000"
)
INTERFACE = bytes.fromhex(
    "01000000 20000000 0100 0000 00000400"  # interface 0: Ethernet, snap length 262,144
    "0200 0400 65746830"  # name: eth0
    "0000 0000 20000000"
)
PACKET = bytes.fromhex(
    "06000000 24000000 00000000 240a0600 0004ef7a"  # enhanced packet of interface 0 at 0x60a24_7aef0400 us
    "04000000 3c000000 deadbeef"  # 4 of 60 bytes
    "24000000"
)
SIMPLE = bytes.fromhex("03000000 14000000 02000000 cafe0000 14000000")  # simple packet: 2 bytes and padding
CAPTURE = SECTION + INTERFACE + PACKET + SIMPLE + PACKET
PACKET_NS = 0x60A247AEF0400 * 1000
PACKETS = [
    Packet(b"\xde\xad\xbe\xef", PACKET_NS, 60),
    Packet(b"\xca\xfe", PACKET_NS, 2),
    Packet(b"\xde\xad\xbe\xef", PACKET_NS, 60),
]
TIMELESS = "packets bear no time and are given that of the packet before"
NO_INTERFACE = "packets name an interface that is not described and are left out"


def block(kind, body, order="<", *, trailer=None):
    body += bytes(-len(body) % 4)
    total = 12 + len(body)
    return (
        struct.pack(f"{order}2I", kind, total) + body + struct.pack(f"{order}I", total if trailer is None else trailer)
    )


def option(code, value, order="<"):
    return struct.pack(f"{order}2H", code, len(value)) + value + bytes(-len(value) % 4)


def section(order="<", length=-1, options=b"", version=1):
    return block(0x0A0D0D0A, struct.pack(f"{order}I2Hq", 0x1A2B3C4D, version, 0, length) + options, order)


def interface(link_type=1, snap=0, options=b"", order="<"):
    return block(1, struct.pack(f"{order}2HI", link_type, 0, snap) + options, order)


def packet(payload, ticks=0, *, number=0, wire=None, options=b"", order="<"):
    size = len(payload)
    head = struct.pack(f"{order}5I", number, ticks >> 32, ticks & 0xFFFFFFFF, size, size if wire is None else wire)
    return block(6, head + payload + bytes(-size % 4) + options, order)


def statistics(number, *counts, order="<"):
    told = b"".join(option(code, struct.pack(f"{order}Q", count), order) for code, count in counts)
    return block(5, struct.pack(f"{order}3I", number, 0, 0) + told, order)


def troubles(info):
    return [(trouble.offset, trouble.reason, trouble.lost_bytes) for trouble in info.troubles]


def test_blocks_become_packets():
    packets, info = read(CAPTURE)

    assert packets == PACKETS
    assert (info.format, info.application, info.n_snapped) == ("pcapng", "dumpcap", 2)
    assert troubles(info) == [(len(SECTION + INTERFACE + PACKET), TIMELESS, 0)]
    assert info.interfaces == [
        {
            "name": "eth0", "description": "", "link_type": 1, "snap_bytes": 262144, "ts_resolution": "10^-6",
            "filter": "", "os": "", "fcs_bytes": 0, "n_dropped": 0, "n_received": 0,
        }
    ]  # fmt: skip


def test_a_big_endian_section_is_read():
    data = section(">") + interface(113, 0, option(2, b"any", ">"), ">") + packet(b"abc", 7, order=">")
    packets, info = read(data)

    assert packets == [Packet(b"abc", 7000, 3, 113, 0)]
    assert (info.interfaces[0]["name"], info.troubles) == ("any", [])


def test_each_section_has_its_own_order_and_interfaces():
    first = section("<", len(interface() + packet(b"a"))) + interface() + packet(b"a")
    second = section(">") + interface(101, order=">") + interface(113, order=">") + packet(b"b", number=1, order=">")
    packets, info = read(first + second + first)

    assert packets == [Packet(b"a", 0, 1, 1, 0), Packet(b"b", 0, 1, 113, 2), Packet(b"a", 0, 1, 1, 3)]
    assert [described["link_type"] for described in info.interfaces] == [1, 101, 113, 1]
    assert info.troubles == []


@pytest.mark.parametrize(
    ("options", "ticks", "expected", "shown"),
    [
        (option(9, b"\x09"), 1_700_000_000_123_456_789, 1_700_000_000_123_456_789, "10^-9"),
        (option(9, b"\x00"), 1_700_000_000, 1_700_000_000 * 10**9, "10^-0"),
        (option(9, b"\x0a"), 17_000_000_001_234_567_899, 1_700_000_000_123_456_789, "10^-10"),
        (option(9, b"\x94"), 3 << 19, 1_500_000_000, "2^-20"),
        (option(9, b"\xa0"), (1_700_000_000 << 32) + (1 << 31), 1_700_000_000_500_000_000, "2^-32"),
        (option(9, b"\x09") + option(14, struct.pack("<q", 1_600_000_000)), 5, 1_600_000_000 * 10**9 + 5, "10^-9"),
        (option(14, struct.pack("<q", -3600)), 7_200_000_000, 3600 * 10**9, "10^-6"),
        (option(9, b"\x00"), (1 << 64) - 1, (1 << 63) - 1, "10^-0"),
    ],
    ids=["nanoseconds", "seconds", "tenths of ns", "binary", "binary 32", "offset", "negative offset", "beyond int64"],
)
def test_times_are_exact_in_each_resolution(options, ticks, expected, shown):
    packets, info = read(section() + interface(options=options) + packet(b"", ticks))

    assert packets == [Packet(b"", expected, 0)]
    assert info.interfaces[0]["ts_resolution"] == shown


def test_a_time_beyond_all_bounds_is_told_of_once():
    late = packet(b"", (1 << 64) - 1)
    packets, info = read(section() + interface() + packet(b"", 1) + late + late)

    assert [one.ts_ns for one in packets] == [1000, (1 << 63) - 1, (1 << 63) - 1]
    assert troubles(info) == [(80, "packets bear times beyond the year 2262 and are set to its spring", 0)]


def test_tls_keys_in_a_comment_are_kept_as_secrets():
    line = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48
    _, info = read(section(options=option(1, line)) + interface() + packet(b"a", options=option(1, line)))

    assert info.secrets == [("tls", line), ("tls", line)]
    assert info.comments == ["(TLS keys)", "(TLS keys)"]


def test_an_interface_says_what_it_is():
    told = (
        option(2, b"eth0\0") + option(3, b"uplink \xff") + option(11, b"\0tcp port 443") + option(12, b"Linux 6.1")
        + option(13, b"\4") + option(1, b"hall 3")
    )  # fmt: skip
    _, info = read(
        section(options=option(2, b"x86") + option(3, b"Linux") + option(1, b"night")) + interface(options=told)
    )

    described = info.interfaces[0]
    assert (described["name"], described["description"], described["os"]) == ("eth0", "uplink \\xff", "Linux 6.1")
    assert (described["filter"], described["fcs_bytes"]) == ("tcp port 443", 4)
    assert (info.hardware, info.os, info.comments) == ("x86", "Linux", ["night", "hall 3"])


def test_a_compiled_filter_is_named_as_such():
    _, info = read(section() + interface(options=option(11, b"\1" + bytes(8))))
    assert info.interfaces[0]["filter"] == "(compiled filter)"


def test_simple_packets_are_cut_at_the_snap_length():
    simple = block(3, struct.pack("<I", 60) + b"abcd")
    packets, info = read(section() + interface(snap=3) + simple)

    assert packets == [Packet(b"abc", 0, 60)]
    assert troubles(info) == [(48, TIMELESS, 0)]


def test_obsolete_packet_blocks_are_read():
    body = struct.pack("<2H4I", 0, 4, 0, 9, 3, 5) + b"xyz\0"
    packets, info = read(section() + interface() + block(2, body))

    assert packets == [Packet(b"xyz", 9000, 5)]
    assert (info.n_dropped, info.interfaces[0]["n_dropped"]) == (4, 4)


def test_an_unknown_count_of_drops_is_none():
    body = struct.pack("<2H4I", 0, 0xFFFF, 0, 9, 3, 5) + b"xyz\0"
    assert read(section() + interface() + block(2, body))[1].n_dropped == 0


def test_blocks_without_packets_are_stepped_over():
    others = [
        block(4, struct.pack("<2H4s4s2H", 1, 8, b"\x7f\0\0\1", b"lo\0\0", 0, 0)),  # name resolution
        block(9, b"__REALTIME_TIMESTAMP=1\n"),  # systemd journal
        block(0x0BAD, struct.pack("<I", 32473) + b"custom"),
        block(0x40000BAD, struct.pack("<I", 32473) + b"custom"),
        block(0x80000001, b"local use"),
        block(0x0BADF00D, b""),
    ]
    packets, info = read(section() + interface() + b"".join(other + packet(b"a") for other in others))

    assert packets == [Packet(b"a", 0, 1)] * len(others)
    assert info.troubles == []


def test_statistics_and_packets_tell_of_drops_and_the_greater_count_is_kept():
    data = (
        section() + interface() + interface(113)
        + packet(b"a", options=option(4, struct.pack("<Q", 3)))
        + packet(b"b", options=option(4, struct.pack("<Q", 4)))
        + statistics(0, (4, 100), (5, 5)) + statistics(0, (4, 200), (5, 6), (7, 2))
        + statistics(1, (4, 50)) + statistics(7, (5, 9))
    )  # fmt: skip
    _, info = read(data)

    assert [(one["n_received"], one["n_dropped"]) for one in info.interfaces] == [(200, 8), (50, 0)]
    assert info.n_dropped == 8
    assert [reason for _, reason, _ in troubles(info)] == ["statistics name an interface that is not described"]


def test_secrets_are_kept_apart():
    tls = block(0x0A, struct.pack("<2I", 0x544C534B, 6) + b"CLIENT\0\0")
    other = block(0x0A, struct.pack("<2I", 0x12345678, 3) + b"abc\0")
    _, info = read(section() + tls + other)

    assert info.secrets == [("tls", b"CLIENT"), ("0x12345678", b"abc")]
    assert info.troubles == []


def test_packet_comments_are_kept_and_bounded():
    data = section() + interface() + packet(b"a", options=option(1, b"seen at the gate")) * 1100
    packets, info = read(data)

    assert len(packets) == 1100
    assert info.comments == ["seen at the gate"] * 1024


def test_a_packet_of_an_unknown_interface_is_left_out():
    packets, info = read(section() + interface() + packet(b"a") + packet(b"b", number=1) + packet(b"c"))

    assert [one.captured for one in packets] == [b"a", b"c"]
    assert troubles(info) == [(28 + 20 + 36, NO_INTERFACE, -1)]


def test_a_packet_before_any_interface_is_left_out():
    packets, info = read(section() + SIMPLE)

    assert packets == []
    assert troubles(info) == [(28, NO_INTERFACE, -1)]


def test_a_wrong_trailing_length_is_noted_and_the_leading_one_believed():
    head = section() + interface()
    wrong = block(6, struct.pack("<5I", 0, 0, 0, 4, 4) + b"abcd", trailer=99)
    for tail in (packet(b"c"), b"", block(6, struct.pack("<5I", 0, 0, 0, 4, 4) + b"wxyz", trailer=98)):
        packets, info = read(head + wrong + tail)
        assert packets[0].captured == b"abcd"
        assert troubles(info)[0] == (48, "a block's two lengths differ", 0)
        assert len(packets) == 1 + bool(tail)


def test_a_damaged_leading_length_costs_one_packet():
    damaged = bytearray(packet(b"lost"))
    for size in (0, 11, 0xFFFFFFFF, 1 << 24, 64):
        damaged[4:8] = struct.pack("<I", size)
        packets, info = read(section() + interface() + packet(b"a") + bytes(damaged) + packet(b"b") + packet(b"c"))
        assert [one.captured for one in packets] == [b"a", b"b", b"c"], size
        assert troubles(info) == [(84, "a block's length is damaged", 36)], size


def test_noise_between_blocks_is_stepped_over():
    noise = b"\xff" * 999
    packets, info = read(section() + interface() + packet(b"a") + noise + packet(b"b"))

    assert [one.captured for one in packets] == [b"a", b"b"]
    assert troubles(info) == [(84, "a block's length is damaged", 999)]


def test_a_section_of_an_unknown_version_is_read_all_the_same():
    packets, info = read(section(version=2) + interface() + packet(b"a"))

    assert packets == [Packet(b"a", 0, 1)]
    assert troubles(info) == [(0, "a section is of an unknown version", 0)]


def test_a_block_too_short_for_its_kind_is_noted():
    packets, info = read(section() + block(1, b"\1\0\0\0") + block(5, bytes(8)) + block(0x0A, b"") + packet(b"a"))

    assert packets == [Packet(b"a", 0, 1)]
    assert [reason for _, reason, _ in troubles(info)] == ["a block is too short for what it must hold"] * 3


def test_a_capture_cut_at_any_byte_keeps_its_whole_packets():
    ends = [0, len(SECTION), len(SECTION + INTERFACE), len(SECTION + INTERFACE + PACKET)]
    ends += [ends[-1] + len(SIMPLE), len(CAPTURE)]
    for size in range(4, len(CAPTURE)):
        packets, info = read(CAPTURE[:size])
        whole = [end for end in ends if end <= size]
        assert packets == PACKETS[: max(len(whole) - 3, 0)], size
        cut = [(whole[-1], "the last record is cut short", size - whole[-1])] if size > whole[-1] else []
        assert [trouble for trouble in troubles(info) if trouble[1] != TIMELESS] == cut, size


def test_a_gzip_of_a_capture_cut_at_any_byte_never_fails(tmp_path):
    packed = gzip.compress(CAPTURE, mtime=0)
    path = tmp_path / "capture.pcapng.gz"
    for size in range(len(packed) // 2, len(packed)):
        path.write_bytes(packed[:size])
        packets, info = read_file(path)
        assert packets == PACKETS[: len(packets)]
        assert any("cut short" in trouble.reason for trouble in info.troubles), size


def test_a_block_that_seems_to_go_on_behind_the_end_does_not_hide_those_behind_it():
    damaged = bytearray(packet(b"lost"))
    damaged[4:8] = struct.pack("<I", 4096)
    packets, info = read(section() + interface() + bytes(damaged) + packet(b"a"))

    assert packets == [Packet(b"a", 0, 1)]
    assert troubles(info) == [(48, "a block's length is damaged", 36)]


def test_interfaces_beyond_the_bound_are_not_described():
    head = section() + interface() * (1 << 14)
    packets, info = read(head + packet(b"a", number=(1 << 14) - 1) + interface() + packet(b"b", number=1 << 14))

    assert [(one.captured, one.interface) for one in packets] == [(b"a", (1 << 14) - 1)]
    assert len(info.interfaces) == 1 << 14
    assert [trouble.reason for trouble in info.troubles] == [
        "more interfaces are described than are believed",
        NO_INTERFACE,
    ]


pieces = st.lists(
    st.one_of(
        st.builds(packet, st.binary(max_size=40), st.integers(0, 1 << 60), number=st.integers(0, 2)),
        st.sampled_from(
            [section(), interface(), interface(113, 5), SIMPLE, statistics(0, (5, 1)), block(9, bytes(20))]
        ),
        st.just(block(6, struct.pack("<5I", 0, 0, 0, 4, 4) + b"abcd", trailer=99)),
        st.binary(min_size=1, max_size=30),
    ),
    max_size=20,
)


@given(pieces, st.integers(200, 400), st.integers(0, 40))
def test_windows_of_any_size_give_the_same_packets(parts, window_bytes, cut):
    data = (section() + interface() + b"".join(parts))[: -cut or None]
    if len(data) >= 12:
        packets, info = read(data, window_bytes=window_bytes)
        assert packets == read(data)[0]
        assert sum(len(one.captured) for one in packets) <= len(data)
        assert all(trouble.offset <= len(data) for trouble in info.troubles)


@given(st.binary(max_size=300), st.integers(4, len(CAPTURE)), st.integers(200, 2000))
def test_noise_never_fails(noise, at, window_bytes):
    for data in (CAPTURE[:at] + noise + CAPTURE[at:], CAPTURE[:at] + noise):
        if len(data) < 12 or data[8:12] == CAPTURE[8:12]:
            packets, _ = read(data, window_bytes=window_bytes)
            assert sum(len(one.captured) for one in packets) <= len(data)
