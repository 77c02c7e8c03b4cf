"""Capture files, byte by byte."""

from __future__ import annotations

import gzip

from quivive.demo.captures import NANOSECONDS, gzipped, pcap, pcapng

FRAME = (1_000_000_007_123_456_789, b"abcde")


def test_pcap_in_microseconds_and_big_endian():
    assert pcap([FRAME], order=">") == bytes.fromhex(
        "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001"  # magic, 2.4, zone, accuracy, snap length, Ethernet
        "3b9aca07 0001e240 00000005 00000005"  # seconds, microseconds, captured, original
        "6162636465"
    )  # fmt: skip


def test_pcap_in_nanoseconds_and_little_endian():
    assert pcap([FRAME], magic=NANOSECONDS)[:4] == bytes.fromhex("4d3cb2a1")
    assert pcap([FRAME], magic=NANOSECONDS)[24:40] == bytes.fromhex("07ca9a3b 15cd5b07 05000000 05000000")


def test_pcapng_has_section_interface_packets_and_statistics():
    assert pcapng([FRAME], interface="m0", comment="so") == bytes.fromhex(
        "0a0d0d0a 38000000"  # section header, 56 bytes
        "4d3c2b1a 0100 0000 ffffffffffffffff"  # byte order, version 1.0, unknown length
        "0100 0200 736f0000"  # comment
        "0400 0c00 717569766976652e64656d6f"  # written by
        "0000 0000 38000000"
        "01000000 28000000 0100 0000 00000400"  # interface: 40 bytes, Ethernet, snap length
        "0200 0200 6d300000"  # name
        "0900 0100 09000000"  # times in 10**-9 s
        "0000 0000 28000000"
        "06000000 28000000 00000000"  # packet: 40 bytes, interface 0
        "b5b6e00d 1553fb4f"  # high and low half of the time
        "05000000 05000000 6162636465 000000 28000000"
        "05000000 4c000000 00000000 b5b6e00d 1553fb4f"  # statistics
        "0200 0800 b5b6e00d 1553fb4f 0300 0800 b5b6e00d 1553fb4f"  # first and last
        "0400 0800 0100000000000000 0500 0800 0000000000000000"  # received, dropped
        "0000 0000 4c000000"
    )  # fmt: skip


def test_gzip_carries_no_time_and_no_name():
    assert gzipped(b"abc")[3:8] == b"\0\0\0\0\0"
    assert gzip.decompress(gzipped(b"abc")) == b"abc"
