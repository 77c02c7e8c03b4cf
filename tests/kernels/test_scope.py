"""The scope mask against the same rules in plain Python, and its edges by hand."""

from __future__ import annotations

import ipaddress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels import headers, scope
from quivive.mandate.scope import ranges_of
from tests.kernels.frames import decoded, ethernet, ipv4, ipv6, tcp, udp

NOTHING = np.empty(0, np.uint8)
ALWAYS = np.array([[0, 1 << 62], [0, 1 << 62]], np.int64)
NONE = np.empty((0, 4), np.int64)


def ranges(*texts):
    return ranges_of([ipaddress.ip_network(text) for text in texts])


def masked(frames, networks, excluded=NONE, spans=ALWAYS, times_ns=None):
    """Return what became of each packet, and the counts."""
    data, packets = decoded(frames, times_ns)
    counts = np.zeros(8, np.int64)
    scope.mask(data, NOTHING, packets, networks, excluded, spans, counts)
    return packets.declined.tolist(), counts.tolist(), packets


ADDRESSES = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address) | st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
NETWORKS = st.lists(
    st.tuples(ADDRESSES, st.integers(0, 32)).map(lambda p: ipaddress.ip_network((p[0], p[1]), strict=False)), max_size=6
)


def halves(address):
    number = int(address) + (headers.MAPPED_IPV4 if address.version == 4 else 0)
    return tuple(np.array([number >> 64, number & (1 << 64) - 1], np.uint64).view(np.int64).tolist())


@given(NETWORKS, ADDRESSES)
def test_an_address_is_within_as_the_standard_library_says(networks, address):
    rows = ranges_of(networks)
    mapped = address if address.version == 6 else ipaddress.IPv6Address(int(address) + headers.MAPPED_IPV4)
    expected = any(address in one or (one.version == 6 and mapped in one) for one in networks)
    assert scope.is_within(rows, *halves(address)) == expected
    for network in networks:
        for edge in (network[0], network[-1]):
            assert scope.is_within(rows, *halves(edge))


@given(st.lists(st.integers(0, 40), min_size=2, max_size=10, unique=True), st.integers(-2, 45))
def test_a_time_is_within_as_a_search_through_all_says(edges, now):
    edges = sorted(edges)[: len(edges) // 2 * 2]
    hours = [*zip(edges[::2], edges[1::2], strict=True)]
    spans = np.array([(1, 39), *hours], np.int64)
    expected = scope.OUTSIDE_WINDOW
    if 1 <= now < 39:
        expected = scope.KEPT if any(first <= now < end for first, end in hours) else scope.OUTSIDE_HOURS
    assert scope.judge_time(spans, now) == expected


def frame(src, dst):
    return ethernet(ipv4(udp(b"payload"), src=src, dst=dst))


def test_one_end_within_is_enough_and_an_excluded_end_is_too_much():
    own, closed = ranges("10.0.0.0/24"), ranges("10.0.0.9/32", "192.0.2.66/32")
    frames = [
        frame("10.0.0.1", "192.0.2.1"),
        frame("192.0.2.1", "10.0.0.255"),
        frame("10.0.1.0", "192.0.2.1"),
        frame("10.0.0.9", "192.0.2.1"),
        frame("10.0.0.1", "192.0.2.66"),
        frame("192.0.2.66", "192.0.2.1"),
    ]
    declined, counts, packets = masked(frames, own, closed)
    assert declined == [headers.OK] * 2 + [headers.OUT_OF_SCOPE] * 4
    assert counts == [2, 2, 2, 0, 0, 0, 0, 0]
    assert packets.src_low[2:].tolist() == packets.captured_bytes[2:].tolist() == [0] * 4


def test_ipv6_halves_compare_as_the_wire_does():
    """2001:db8::1 to ::2, as frames.ipv6 has them; ranges above 8000:: have their top bit set."""
    frames = [ethernet(ipv6(udp(b"x")), 0x86DD)]
    assert masked(frames, ranges("2001:db8::2/128"))[0] == [headers.OK]
    assert masked(frames, ranges("2001:db8::3/128", "fe80::/10", "8000::/1"))[0] == [headers.OUT_OF_SCOPE]
    assert masked(frames, ranges("10.0.0.0/8"))[0] == [headers.OUT_OF_SCOPE]


def test_the_window_and_the_hours_cut_off_by_time():
    spans = np.array([[10, 40], [12, 20], [30, 35]], np.int64)
    times = [9, 10, 12, 19, 20, 29, 30, 34, 35, 39, 40]
    _, counts, packets = masked([frame("10.0.0.1", "10.0.0.2")] * len(times), ranges("10.0.0.0/8"), NONE, spans, times)
    kept = [time for time, declined in zip(times, packets.declined, strict=True) if declined == headers.OK]
    assert kept == [12, 19, 30, 34] and counts == [4, 0, 0, 2, 5, 0, 0, 0]


def test_a_window_without_hours_left_keeps_nothing():
    assert masked([frame("10.0.0.1", "10.0.0.2")], ranges("10.0.0.0/8"), NONE, ALWAYS[:1])[1][scope.OUTSIDE_HOURS] == 1


def test_what_was_not_decoded_is_out():
    frames = [ethernet(b"\x00" * 30, 0x88CC), ethernet(ipv4(b"", src="10.0.0.1")), b"\x00" * 10]
    assert masked(frames, ranges("10.0.0.0/8"))[1][scope.NOT_DECODED] == 3


def test_a_fragment_is_judged_by_its_addresses():
    piece = {"flags": 0x2000, "protocol": 6}
    frames = [
        ethernet(ipv4(tcp(b"x" * 8), src="10.0.0.1", **piece)),
        ethernet(ipv4(tcp(b"x" * 8), src="192.0.2.1", dst="192.0.2.2", **piece)),
    ]
    assert masked(frames, ranges("10.0.0.0/8"))[0] == [headers.FRAGMENT, headers.OUT_OF_SCOPE]


def arp(sender, target, sizes="0604"):
    ends = [bytes(6) + bytes(map(int, addr.split("."))) for addr in (sender, target)]
    return bytes.fromhex(f"0001 0800 {sizes} 0001") + b"".join(ends)


def test_an_arp_message_is_judged_by_the_addresses_it_is_about():
    cases = [
        (arp("10.0.0.1", "10.0.0.2"), scope.KEPT),
        (arp("0.0.0.0", "10.0.0.2"), scope.KEPT),
        (arp("192.0.2.1", "192.0.2.2"), scope.LINK),
        (arp("10.0.0.1", "10.0.0.9"), scope.EXCLUDED_HOST),
        (arp("10.0.0.1", "10.0.0.2", "0804"), scope.LINK),
        (arp("10.0.0.1", "10.0.0.2")[:27], scope.LINK),
        (b"", scope.LINK),
    ]
    for message, expected in cases:
        data = np.frombuffer(message + b"\0", np.uint8)
        found = scope.judge_arp(data, 0, len(message), ranges("10.0.0.0/8"), ranges("10.0.0.9/32"))
        assert found == expected, message


def test_an_error_is_judged_by_the_packet_it_quotes():
    """A router of ours tells a stranger that another stranger cannot be reached: none of our business."""
    own, closed = ranges("10.0.0.0/8"), ranges("10.0.0.9/32")
    about = bytes.fromhex("03 01 0000 00000000")

    def error(src, dst, head=about):
        return ethernet(ipv4(head + ipv4(udp(b""), src=src, dst=dst), src="10.0.0.1", dst="10.0.0.2", protocol=1))

    frames = [
        error("10.0.0.2", "192.0.2.1"),
        error("192.0.2.2", "192.0.2.1"),
        error("10.0.0.2", "10.0.0.9"),
        error("192.0.2.2", "192.0.2.1", bytes.fromhex("08 00 0000 00000000")),
    ]
    declined, counts, _ = masked(frames, own, closed)
    assert declined == [headers.OK, headers.OUT_OF_SCOPE, headers.OUT_OF_SCOPE, headers.OK]
    assert counts[scope.QUOTED] == 2


def test_an_error_of_ipv6_is_judged_by_the_packet_it_quotes():
    own = ranges("2001:db8::2/128", "2001:db8::5/128")
    quoted = {"in": ipv6(udp(b""), src=5, dst=6), "out": ipv6(udp(b""), src=6, dst=7)}
    frames = [ethernet(ipv6(bytes.fromhex("01 00 0000 00000000") + quoted[k], kind=58), 0x86DD) for k in ("in", "out")]
    assert masked(frames, own)[0] == [headers.OK, headers.OUT_OF_SCOPE]
