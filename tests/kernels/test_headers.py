"""The fast lane against plain Python."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels import headers
from tests.kernels import plain
from tests.kernels.frames import decoded, ethernet, ipv4, ipv6, tcp, udp

QUERY = ethernet(ipv4(udp(b"query")))
FRAMES = [
    QUERY,
    ethernet(ipv4(tcp(b"GET /", seq=7, ack=9, flags=24), protocol=6), tags=(10,)),
    ethernet(ipv6(udp(b"six")), 0x86DD, tags=(10, 20)),
    ethernet(ipv6(struct.pack(">BB6x", 17, 0) + udp(b"behind options"), kind=0), 0x86DD),
    ethernet(ipv4(b"\x08\x00\x00\x00\x00\x01\x00\x02ping", protocol=1)),
    ethernet(ipv4(b"hello", protocol=89)),
    ethernet(ipv4(udp(b"options"), options=b"\x94\x04\x00\x00")),
]


def payload_of(data, packets, i):
    start = int(packets.payload_start[i])
    return data[start : start + int(packets.captured_bytes[i])].tobytes()


def seen(frame):
    """Return what the kernel makes of a frame, in the twin's terms."""
    data, packets = decoded([frame])
    if packets.declined[0] != headers.OK:
        return None
    is_v4 = frame[12:14] == b"\x08\x00" or plain.network(frame)[0] == 4
    ends = [
        struct.pack(">qq", int(high[0]), int(low[0]))
        for high, low in ((packets.src_high, packets.src_low), (packets.dst_high, packets.dst_low))
    ]
    if is_v4:
        assert all(end[:12] == b"\0" * 10 + b"\xff\xff" for end in ends)
        ends = [end[12:] for end in ends]
    protocol = int(packets.transport[0])
    ports = (int(packets.src_port[0]), int(packets.dst_port[0])) if protocol in (6, 17, 132) else (0, 0)
    return *ends, protocol, *ports, payload_of(data, packets, 0)


@pytest.mark.parametrize("frame", FRAMES)
def test_frame_decodes_as_the_twin_does(frame):
    assert seen(frame) == plain.five_tuple(frame) is not None


@pytest.mark.parametrize("frame", FRAMES)
def test_frame_cut_at_any_byte_decodes_as_the_twin_does(frame):
    for size in range(len(frame)):
        assert seen(frame[:size]) == plain.five_tuple(frame[:size])


@given(frame=st.sampled_from(FRAMES), at=st.integers(0, 80), noise=st.binary(max_size=12))
def test_damaged_frame_decodes_as_the_twin_does(frame, at, noise):
    damaged = frame[:at] + noise + frame[at + len(noise) :]
    assert seen(damaged) == plain.five_tuple(damaged)


def test_fields_of_a_tcp_segment():
    _, packets = decoded([FRAMES[1]])
    assert (packets.seq[0], packets.ack[0], packets.tcp_flags[0], packets.window[0]) == (7, 9, 24, 1000)
    assert (packets.vlan_id[0], packets.ttl[0], packets.payload_bytes[0]) == (10, 64, 5)


def test_a_snapped_packet_keeps_its_length_on_the_wire():
    _, packets = decoded([ethernet(ipv4(tcp(b"x" * 100), protocol=6))[:70]])
    assert (packets.payload_bytes[0], packets.captured_bytes[0]) == (100, 16)


def test_padding_behind_a_short_packet_is_not_payload():
    data, packets = decoded([QUERY + bytes(18)])
    assert payload_of(data, packets, 0) == b"query"


def test_a_total_length_of_zero_means_the_whole_frame():
    data, packets = decoded([ethernet(ipv4(udp(b"offload"), total=0))])
    assert payload_of(data, packets, 0) == b"offload"


@pytest.mark.parametrize("flags", [0x2000, 0x0001, 0x2005])
def test_a_fragment_is_left_to_wait(flags):
    _, packets = decoded([ethernet(ipv4(udp(b"part"), flags=flags))])
    assert packets.declined[0] == headers.FRAGMENT


def test_an_atomic_ipv6_fragment_is_whole():
    fragment = struct.pack(">BBHI", 17, 0, 0, 9) + udp(b"atomic")
    data, packets = decoded([ethernet(ipv6(fragment, kind=44), 0x86DD)])
    assert packets.declined[0] == headers.OK and payload_of(data, packets, 0) == b"atomic"


def test_ping_and_its_answer_have_ports_that_match():
    _, packets = decoded([ethernet(ipv4(bytes([kind]) + bytes(7), protocol=1)) for kind in (8, 0)])
    assert list(zip(packets.src_port.tolist(), packets.dst_port.tolist(), strict=True)) == [(8, 0), (0, 8)]


def test_an_ethertype_of_no_layer_is_announced():
    _, packets = decoded([ethernet(b"\0" * 30, 0x88CC)])
    assert packets.declined[0] == headers.ETHERTYPE and packets.claim[0] == 2 << 32 | 0x88CC


def test_a_third_vlan_tag_is_left_to_the_shelf():
    _, packets = decoded([ethernet(b"\0" * 30, 0x0800, tags=(1, 2, 3))])
    assert packets.claim[0] == 2 << 32 | 0x8100


def test_a_claim_of_the_udp_shelf_keeps_the_datagram_too():
    claims = np.zeros(65_536, np.uint8)
    claims[4789] = 1
    _, packets = decoded([QUERY])
    frame = ethernet(ipv4(udp(b"vxlan", dst_port=4789)))
    data, packets = decoded([frame])
    headers.begin(packets, np.ones(1, np.int32), 1)
    headers.decode(data, packets, np.arange(1), np.zeros(256, np.uint8), claims)
    assert packets.declined[0] == headers.OK and packets.claim[0] == 4 << 32 | 4789


def test_a_path_too_deep_says_so():
    path = 0
    for _ in range(12):
        path = int(headers.path_with(path, 3))
    assert path & 127 == headers.PATH_MORE
