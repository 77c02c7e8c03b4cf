"""IP fragments become whole packets again."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows import fragments as module
from quivive.flows.fragments import Fragments

SECOND = 1_000_000_000
# 192.0.2.1 to 192.0.2.2, UDP, identification 0x0102; total length, fragment word and check sum are filled in
IPV4 = bytes.fromhex("4500 0000 0102 0000 40 11 0000 c0000201 c0000202")
# 2001:db8::1 to 2001:db8::2; length and next header are filled in
IPV6 = bytes.fromhex("60000000 0000 2c 40 20010db8000000000000000000000001 20010db8000000000000000000000002")
DATA = bytes(range(200))


def check_sum(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(offset, body, *, more, header=IPV4, ident=0x0102):
    word = (0x2000 if more else 0) | offset // 8
    head = header[:2] + struct.pack(">HHH", len(header) + len(body), ident, word) + header[8:]
    return head[:10] + struct.pack(">H", check_sum(head)) + head[12:] + body


def ipv6(offset, body, *, more, ident=7, next_header=17, extensions=b"", first_kind=44):
    fragment = struct.pack(">BBHI", next_header, 0, offset | more, ident)
    length = struct.pack(">H", len(extensions) + len(fragment) + len(body))
    return IPV6[:4] + length + bytes([first_kind]) + IPV6[7:] + extensions + fragment + body


def add(fragments, packets, *, at_s=0.0):
    """Add packets, captured together; returns the whole packets and which fragment completed each."""
    data = np.frombuffer(bytearray(b"".join(packets) or b"\x00"), np.uint8)
    size = np.array([len(packet) for packet in packets], np.int64)
    stop = size.cumsum()
    ts_ns = np.full(size.size, int(at_s * SECOND), np.int64)
    rebuilt = fragments.add(data, stop - size, stop, ts_ns)
    whole = [rebuilt.data[a:b].tobytes() for a, b in zip(rebuilt.start, rebuilt.stop, strict=True)]
    return list(zip(whole, rebuilt.completed_by.tolist(), strict=True))


def whole_ipv4(body, header=IPV4):
    return ipv4(0, body, more=False, header=header)


def whole_ipv6(body, next_header=17):
    return IPV6[:4] + struct.pack(">HB", len(body), next_header) + IPV6[7:] + body


def test_two_fragments_make_a_packet():
    fragments = Fragments()
    packets = [ipv4(0, DATA[:104], more=True), ipv4(104, DATA[104:], more=False)]
    assert add(fragments, packets) == [(whole_ipv4(DATA), 1)]
    assert fragments.take_troubles() == []


def test_fragments_in_reverse_order_make_a_packet():
    packets = [ipv4(104, DATA[104:], more=False), ipv4(8, DATA[8:104], more=True), ipv4(0, DATA[:8], more=True)]
    assert add(Fragments(), packets) == [(whole_ipv4(DATA), 2)]


def test_fragments_of_two_batches_make_a_packet():
    fragments = Fragments()
    assert add(fragments, [ipv4(104, DATA[104:], more=False)], at_s=100) == []
    assert add(fragments, []) == []
    assert add(fragments, [ipv4(0, DATA[:104], more=True)], at_s=101) == [(whole_ipv4(DATA), 0)]


def test_fragments_of_a_capture_that_begins_earlier_do_not_mix():
    fragments = Fragments()
    add(fragments, [ipv4(104, DATA[104:], more=False)], at_s=100)
    assert add(fragments, [ipv4(0, DATA[:104], more=True)], at_s=1) == []
    assert fragments.take_troubles() == [("fragments missing after the time allowed", 1, 116)]


def test_options_of_the_first_fragment_stay():
    # record route, not copied on fragmentation (RFC 791, 3.1)
    with_option = b"\x46" + IPV4[1:] + bytes.fromhex("07 04 04 00")
    packets = [ipv4(104, DATA[104:], more=False), ipv4(0, DATA[:104], more=True, header=with_option)]
    assert add(Fragments(), packets) == [(whole_ipv4(DATA, with_option), 1)]


def test_two_datagrams_come_in_order_of_completion():
    packets = [
        ipv4(0, DATA[:104], more=True, ident=1),
        ipv4(0, DATA[:104], more=True, ident=2),
        ipv4(104, DATA[104:], more=False, ident=2),
        ipv4(104, DATA[104:], more=False, ident=1),
    ]
    assert [completed_by for _, completed_by in add(Fragments(), packets)] == [2, 3]


def test_identification_may_be_used_again():
    packets = [ipv4(0, DATA[:104], more=True), ipv4(104, DATA[104:], more=False)]
    other = [ipv4(0, DATA[96:], more=True), ipv4(104, DATA[:96], more=False)]
    assert add(Fragments(), packets + other) == [(whole_ipv4(DATA), 1), (whole_ipv4(DATA[96:] + DATA[:96]), 3)]


def test_every_packet_seen_twice_is_rebuilt_once():
    fragments = Fragments()
    first, last = ipv4(0, DATA[:104], more=True), ipv4(104, DATA[104:], more=False)
    assert add(fragments, [first, first, last, last]) == [(whole_ipv4(DATA), 2)]
    fragments.close()
    assert fragments.take_troubles() == []


def test_protocols_do_not_mix():
    other_protocol = IPV4[:9] + b"\x06" + IPV4[10:]
    packets = [ipv4(0, DATA[:104], more=True), ipv4(104, DATA[104:], more=False, header=other_protocol)]
    assert add(Fragments(), packets) == []


def test_ipv6_loses_its_fragment_header():
    packets = [ipv6(0, DATA[:104], more=True), ipv6(104, DATA[104:], more=False)]
    assert add(Fragments(), packets) == [(whole_ipv6(DATA), 1)]


def test_ipv6_keeps_the_headers_before_it():
    hop_by_hop = bytes.fromhex("2c 00 0104 00000000")
    parts = {"extensions": hop_by_hop, "first_kind": 0}
    packets = [ipv6(104, DATA[104:], more=False, **parts), ipv6(0, DATA[:104], more=True, **parts)]
    whole = IPV6[:4] + struct.pack(">HB", 208, 0) + IPV6[7:] + b"\x11" + hop_by_hop[1:] + DATA
    assert add(Fragments(), packets) == [(whole, 1)]


def test_first_fragment_says_what_ipv6_carries():
    packets = [ipv6(104, DATA[104:], more=False, next_header=6), ipv6(0, DATA[:104], more=True, next_header=17)]
    assert add(Fragments(), packets) == [(whole_ipv6(DATA, 17), 1)]


def test_atomic_fragment_is_whole_in_itself():
    packets = [ipv6(0, DATA[:104], more=True), ipv6(0, DATA[:16], more=False), ipv6(104, DATA[104:], more=False)]
    assert add(Fragments(), packets) == [(whole_ipv6(DATA[:16]), 1), (whole_ipv6(DATA), 2)]


def test_first_ipv4_fragment_to_arrive_keeps_its_bytes():
    fragments = Fragments()
    packets = [ipv4(0, b"a" * 16, more=True), ipv4(8, b"b" * 16, more=True), ipv4(24, b"c", more=False)]
    assert add(fragments, packets) == [(whole_ipv4(b"a" * 16 + b"b" * 8 + b"c"), 2)]
    assert fragments.take_troubles() == [(module.OVERLAP_IPV4, 1, 93)]


def test_overlap_is_remembered_across_batches():
    fragments = Fragments()
    add(fragments, [ipv4(0, b"a" * 16, more=True), ipv4(8, b"b" * 8, more=True)])
    assert add(fragments, [ipv4(16, b"c", more=False)]) == [(whole_ipv4(b"a" * 16 + b"c"), 0)]
    assert [reason for reason, _, _ in fragments.take_troubles()] == [module.OVERLAP_IPV4]


def test_overlapping_ipv6_fragments_are_discarded_with_all_that_follow():
    fragments = Fragments()
    packets = [ipv6(0, b"a" * 16, more=True), ipv6(8, b"b" * 16, more=True)]
    assert add(fragments, packets) == []
    assert add(fragments, [ipv6(16, b"c" * 8, more=True), ipv6(24, b"c", more=False)]) == []
    assert fragments.take_troubles() == [("IPv6 fragments overlap, datagram discarded", 1, 128 + 105)]
    fragments.close()
    assert fragments.take_troubles() == []


def test_copy_of_an_ipv6_fragment_is_no_overlap():
    first = ipv6(0, DATA[:104], more=True)
    assert add(Fragments(), [first, first, ipv6(104, DATA[104:], more=False)]) == [(whole_ipv6(DATA), 2)]


def test_discarded_identification_may_be_used_after_the_time_allowed():
    fragments = Fragments()
    add(fragments, [ipv6(0, b"a" * 16, more=True), ipv6(8, b"b" * 16, more=True)])
    packets = [ipv6(0, DATA[:104], more=True), ipv6(104, DATA[104:], more=False)]
    assert add(fragments, packets, at_s=31) == [(whole_ipv6(DATA), 1)]


@pytest.mark.parametrize("version", [ipv4, ipv6])
def test_last_fragment_inside_another_is_a_contradiction(version):
    fragments = Fragments()
    teardrop = [version(0, b"a" * 40, more=True), version(24, b"b" * 4, more=False)]
    assert add(fragments, teardrop) == []
    assert fragments.take_troubles() == [("fragments disagree about the datagram's end", 1, sum(map(len, teardrop)))]


def test_two_ends_are_a_contradiction():
    fragments = Fragments()
    add(fragments, [ipv4(16, b"a" * 8, more=False), ipv4(24, b"a" * 8, more=False)])
    assert [reason for reason, _, _ in fragments.take_troubles()] == ["fragments disagree about the datagram's end"]


def test_fragment_beyond_the_end_is_a_contradiction():
    fragments = Fragments()
    add(fragments, [ipv4(16, b"a" * 8, more=False), ipv4(24, b"a" * 8, more=True)])
    assert [reason for reason, _, _ in fragments.take_troubles()] == ["fragments disagree about the datagram's end"]


def test_ping_of_death_is_oversized():
    fragments = Fragments()
    assert add(fragments, [ipv4(65_528, b"a" * 8, more=False)]) == []
    assert fragments.take_troubles() == [("fragments make more than 65,535 bytes", 1, 28)]


def test_largest_packet_is_rebuilt():
    body = bytes(65_535 - 20)
    packets = [ipv4(at, body[at : at + 1480], more=at + 1480 < len(body)) for at in range(0, len(body), 1480)]
    assert add(Fragments(), packets) == [(whole_ipv4(body), len(packets) - 1)]


def test_one_byte_more_is_oversized():
    fragments = Fragments()
    body = bytes(65_535 - 19)
    packets = [ipv4(at, body[at : at + 1480], more=at + 1480 < len(body)) for at in range(0, len(body), 1480)]
    assert add(fragments, packets) == []
    assert [reason for reason, _, _ in fragments.take_troubles()] == ["fragments make more than 65,535 bytes"]


def test_fragment_cut_short_loses_its_datagram():
    fragments = Fragments()
    assert add(fragments, [ipv4(0, DATA[:104], more=True)[:96], ipv4(104, DATA[104:], more=False)]) == []
    assert fragments.take_troubles() == [("fragment is cut short, its datagram lost", 1, 96 + 116)]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x45",
        b"\x00" * 60,
        ipv4(8, b"", more=True),
        b"\x44" + ipv4(8, DATA, more=True)[1:],
        b"\x4f" + ipv4(8, b"12345678", more=True)[1:],
        ipv6(0, b"1234567", more=True),
        ipv6(0, DATA, more=True)[:47],
        ipv6(0, DATA, more=True, first_kind=17),
        ipv6(0, DATA, more=True, first_kind=0, extensions=bytes.fromhex("0000 0104 00000000") * 8),
    ],
)
def test_malformed_fragments_are_counted(packet):
    fragments = Fragments()
    assert add(fragments, [packet]) == []
    assert [trouble for trouble in fragments.take_troubles() if trouble[1]] == [
        ("fragment is malformed", 1, len(packet))
    ]


def test_seven_extension_headers_are_followed():
    extensions = bytes.fromhex("0000 0104 00000000") * 6 + bytes.fromhex("2c00 0104 00000000")
    parts = {"extensions": extensions, "first_kind": 0}
    packets = [ipv6(0, DATA[:104], more=True, **parts), ipv6(104, DATA[104:], more=False, **parts)]
    assert [completed_by for _, completed_by in add(Fragments(), packets)] == [1]


def test_ipv4_fragment_is_cut_down_to_a_multiple_of_eight():
    packets = [ipv4(0, DATA[:109], more=True), ipv4(104, DATA[104:], more=False)]
    assert add(Fragments(), packets) == [(whole_ipv4(DATA), 1)]


def test_fragments_wait_thirty_seconds():
    fragments = Fragments()
    add(fragments, [ipv4(0, DATA[:104], more=True)])
    assert add(fragments, [ipv4(104, DATA[104:], more=False)], at_s=30) == [(whole_ipv4(DATA), 0)]


def test_fragments_wait_no_longer_than_thirty_seconds():
    fragments = Fragments()
    add(fragments, [ipv4(0, DATA[:104], more=True)])
    assert add(fragments, [ipv4(104, DATA[104:], more=False)], at_s=30.1) == []
    assert fragments.take_troubles() == [("fragments missing after the time allowed", 1, 124)]


def test_fragments_that_never_come_are_counted_at_the_end():
    fragments = Fragments()
    add(fragments, [ipv4(0, DATA[:104], more=True)])
    fragments.close()
    assert fragments.take_troubles() == [(module.INCOMPLETE, 1, 124)]
    assert add(fragments, [ipv4(104, DATA[104:], more=False)]) == []


def flood(first_ident, n):
    return [ipv4(8, b"12345678", more=True, ident=ident) for ident in range(first_ident, first_ident + n)]


def test_as_many_fragments_as_allowed_are_held():
    fragments = Fragments()
    add(fragments, [ipv4(0, DATA[:104], more=True, ident=0)])
    add(fragments, flood(1, module.FRAGMENTS_HELD - 1), at_s=1)
    assert [completed_by for _, completed_by in add(fragments, [ipv4(104, DATA[104:], more=False, ident=0)])] == [0]


def test_one_fragment_more_drives_the_oldest_out():
    fragments = Fragments()
    add(fragments, [ipv4(0, DATA[:104], more=True, ident=0)])
    add(fragments, flood(1, module.FRAGMENTS_HELD), at_s=1)
    assert fragments.take_troubles() == [(module.EVICTED, 1, 124)]
    assert add(fragments, [ipv4(104, DATA[104:], more=False, ident=0)]) == []


def test_bytes_held_are_bounded():
    fragments = Fragments()
    add(fragments, [ipv4(8, bytes(65_504), more=True, ident=ident) for ident in range(257)])
    assert fragments._store.size == 256 * 65_504
    assert fragments.take_troubles() == [(module.EVICTED, 1, 65_524)]


def test_flood_of_fragments_for_one_datagram_is_bounded():
    fragments = Fragments()
    add(fragments, [ipv4(0, b"12345678", more=True)])
    add(fragments, [ipv4(0, struct.pack(">Q", n), more=True) for n in range(20_000)])
    assert len(fragments._held) == 1


def whole_by_hand(pieces):
    """Reassemble as the docstring says, one byte after another: pieces of (offset, body, more)."""
    seen, end = {}, -1
    for offset, body, more in pieces:
        reach = offset + len(body)
        if (more and 0 <= end < reach) or (not more and (end not in (-1, reach) or max(seen, default=-1) >= reach)):
            return None
        if not more:
            end = reach
        for k, value in enumerate(body):
            seen.setdefault(offset + k, value)
        if end >= 0 and len(seen) == end:
            return bytes(seen[k] for k in range(end))
    return None


PIECES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 4), st.booleans(), st.integers(0, 255)), min_size=1, max_size=12
)


@given(PIECES, st.data())
def test_ipv4_is_put_together_as_by_hand(drawn, data):
    pieces = [(8 * at, bytes([value]) * (8 * n - 3 * (not more)), more) for at, n, more, value in drawn if at or more]
    packets = [ipv4(offset, body, more=more) for offset, body, more in pieces]
    cut = data.draw(st.integers(0, len(packets)))
    fragments = Fragments()
    found = add(fragments, packets[:cut]) + add(fragments, packets[cut:])
    expected = whole_by_hand(pieces)
    assert [whole for whole, _ in found[:1]] == ([] if expected is None else [whole_ipv4(expected)])


@given(st.permutations(range(8)), st.sampled_from([ipv4, ipv6]), st.lists(st.integers(0, 8), max_size=3))
def test_any_order_in_any_batches_makes_the_packet(order, version, cuts):
    packets = [version(24 * k, DATA[24 * k : 24 * k + 24], more=k < 7) for k in order]
    whole = whole_ipv4(DATA[:192]) if version is ipv4 else whole_ipv6(DATA[:192])
    edges = [0, *sorted(cuts), 8]
    fragments = Fragments()
    found = [pair for a, b in pairwise(edges) for pair in add(fragments, packets[a:b])]
    assert [packet for packet, _ in found] == [whole]
    fragments.close()
    assert fragments.take_troubles() == []


@given(st.lists(st.one_of(st.binary(max_size=80), st.builds(
    lambda version, at, n, more, ident: version(8 * at, bytes(n), more=more, ident=ident),
    st.sampled_from([ipv4, ipv6]), st.integers(0, 8191), st.integers(0, 40), st.booleans(), st.integers(0, 2),
)), max_size=20), st.integers(0, 20))  # fmt: skip
def test_noise_raises_nothing_and_is_bounded(packets, cut):
    fragments = Fragments()
    found = add(fragments, packets[:cut]) + add(fragments, packets[cut:], at_s=20)
    assert all(packet[0] >> 4 in (4, 6) for packet, _ in found)
    assert fragments._store.size <= sum(map(len, packets))
    fragments.close()
    assert fragments._store.size == 0
