import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels import blocks
from quivive.kernels.blocks import (
    BEYOND,
    BLOCK,
    MISMATCHED,
    NO_BLOCK,
    Section,
    Tally,
    add_drops,
    find_block,
    padded,
    sound_length,
    ticks_to_ns,
    walk_blocks,
)
from quivive.kernels.records import DAMAGED, ENDED, FULL
from quivive.messages.pcapng_options import Resolution
from tests.kernels.test_records import new_index

MOST_BYTES = 4096
MOST_NS = (1 << 63) - 1
orders = st.sampled_from("<>")


def block(order, kind, body, *, trailer=None):
    total = 12 + len(body)
    return (
        struct.pack(f"{order}2I", kind, total) + body + struct.pack(f"{order}I", total if trailer is None else trailer)
    )


def section(order="<", n_interfaces=2, trusted_at=-1):
    return Section(int(order == ">"), MOST_BYTES, trusted_at, n_interfaces)


def interfaces(*rows):
    """Rows of number, link type, snap length; microseconds, no offset."""
    matrix = np.zeros((max(len(rows), 1), blocks.INTERFACE_COLUMNS), np.int64)
    for row, (number, link_type, snap) in zip(matrix, rows, strict=False):
        row[:] = (number, link_type, snap, *Resolution.read(6), 0, 0)
    return matrix


def tally():
    return Tally(np.zeros(blocks.COUNTS, np.int64), np.zeros((4, 2), np.int64))


def walk(data, order="<", matrix=None, *, trusted_at=-1, size=20):
    matrix = interfaces((5, 1, 0), (6, 113, 4)) if matrix is None else matrix
    index, met = new_index(size), tally()
    array = np.frombuffer(bytearray(data), np.uint8)
    stopped = walk_blocks(array, 0, 1 << 40, 0, section(order, len(matrix), trusted_at), matrix, index, met)
    rows = list(zip(*(column[: stopped[0]].tolist() for column in index), strict=True))
    return stopped, rows, met


def plain_walk(bodies, order):
    """The slow twin: the packets of these (kind, body) blocks, of interfaces 5 and 6."""
    rows, at, last_ns = [], 0, 0
    for kind, body in bodies:
        fixed, row = {6: 20, 2: 20, 3: 4}.get(kind), 0
        if fixed is not None and len(body) >= fixed:
            words = struct.unpack_from(f"{order}{fixed // 4}I", body)
            if kind == 3:
                wire, ts_ns = words[0], last_ns
                captured = min(wire, len(body) - 4)
            else:
                row = words[0] if kind == 6 else struct.unpack_from(f"{order}H", body)[0]
                ts_ns, captured, wire = min((words[1] << 32 | words[2]) * 1000, MOST_NS), words[3], words[4]
            if row < 2 and fixed + captured <= len(body):
                start = at + 8 + fixed
                rows.append((start, start + captured, ts_ns, wire, (1, 113)[row], 5 + row))
                last_ns = ts_ns
        at += 12 + len(body)
    return rows


bodies = st.lists(
    st.tuples(
        st.sampled_from([6, 6, 6, 2, 3, 4, 9, 0x0BAD, 77]),
        st.one_of(
            st.tuples(st.integers(0, 3), *[st.integers(0, 60)] * 3, st.integers(0, 99), st.binary(max_size=8)),
            st.tuples(*[st.integers(0, (1 << 32) - 1)] * 5, st.binary(max_size=60)),
        ),
    ),
    max_size=10,
)


@given(bodies, orders)
def test_the_walk_equals_its_slow_twin(drawn, order):
    written = [
        (kind, struct.pack(f"{order}5I", *body[:5]) + body[5] + bytes(-len(body[5]) % 4)) for kind, body in drawn
    ]
    data = b"".join(block(order, kind, body) for kind, body in written)

    (n, at, state), rows, met = walk(data, order)

    assert rows == plain_walk(written, order)
    assert (n, at, state) == (len(rows), len(data), ENDED)
    assert met.counts[blocks.UNKNOWN_INTERFACE] + met.counts[blocks.BROKEN] >= 0


@given(st.integers(0, (1 << 64) - 1), st.integers(0, 255), st.integers(-(1 << 33), 1 << 33))
def test_times_are_exact(ticks, code, offset_s):
    per_second = 2 ** (code & 0x7F) if code & 0x80 else 10**code
    exact = min(ticks * 10**9 // per_second, MOST_NS)
    row = np.array([0, 1, 0, *Resolution.read(code), offset_s * 10**9, 0], np.int64)
    seconds_hold = ticks // per_second < MOST_NS // 10**9

    found = ticks_to_ns(ticks >> 32, ticks & 0xFFFFFFFF, row)

    assert found == min((exact if seconds_hold or not code & 0x80 else MOST_NS) + offset_s * 10**9, MOST_NS)


@pytest.mark.parametrize("code", range(256))
def test_a_time_of_this_century_is_exact_in_every_resolution_that_can_hold_it(code):
    per_second = 2 ** (code & 0x7F) if code & 0x80 else 10**code
    ticks = 1_700_000_000_123_456_789 * per_second // 10**9
    row = np.array([0, 1, 0, *Resolution.read(code), 0, 0], np.int64)
    if ticks < 1 << 64:
        assert ticks_to_ns(ticks >> 32, ticks & 0xFFFFFFFF, row) == ticks * 10**9 // per_second


def test_an_unknown_interface_is_counted_and_left_out():
    packet = struct.pack("<5I", 2, 0, 1, 4, 4) + b"abcd"
    (n, _, state), _, met = walk(block("<", 4, b"") + block("<", 6, packet) * 2)
    assert (n, state) == (0, ENDED)
    assert met.counts.tolist() == [2, 12, 0, 0, 0, 0, 0, 0, 0, 0]


def test_a_packet_longer_than_its_block_is_counted_and_left_out():
    fits, does_not = (struct.pack("<5I", 0, 0, 1, size, 4) + b"abcd" for size in (4, 5))
    (n, _, _), _, met = walk(block("<", 6, fits) + block("<", 6, does_not))
    assert n == 1
    assert met.counts.tolist() == [0, 0, 1, 36, 0, 0, 0, 0, 0, 1000]


@pytest.mark.parametrize("order", "<>")
def test_options_tell_of_comments_and_lost_packets(order):
    options = struct.pack(f"{order}2H", 1, 5) + b"hello\0\0\0" + struct.pack(f"{order}2HQ", 4, 8, 3) + bytes(4)
    data = block(order, 6, struct.pack(f"{order}5I", 0, 0, 1, 2, 2) + b"ab\0\0" + options)
    matrix = interfaces((0, 1, 0))

    _, _, met = walk(data, order, matrix)

    start, stop = met.comments[0]
    assert data[start:stop] == b"hello"
    assert (met.counts[blocks.N_COMMENTS], matrix[0, blocks.N_DROPPED]) == (1, 3)


def test_a_count_of_lost_packets_is_held_at_its_bound():
    row = np.zeros(blocks.INTERFACE_COLUMNS, np.int64)
    add_drops(row, np.int64(1 << 40))
    add_drops(row, np.int64(1 << 62))
    assert row[blocks.N_DROPPED] == 2 << 40
    row[blocks.N_DROPPED] = 1 << 62
    add_drops(row, np.int64(1))
    assert row[blocks.N_DROPPED] == 1 << 62


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (block("<", 1, bytes(8)), (0, 0, BLOCK)),
        (block("<", 5, bytes(12)), (0, 0, BLOCK)),
        (block("<", 0x0A, bytes(8)), (0, 0, BLOCK)),
        (block("<", 0x0A0D0D0A, bytes(16)), (0, 0, BLOCK)),
        (block("<", 99, bytes(8), trailer=24), (0, 0, MISMATCHED)),
        (block("<", 99, bytes(MOST_BYTES - 12)), (0, MOST_BYTES, ENDED)),
        (block("<", 99, bytes(MOST_BYTES - 11)), (0, 0, DAMAGED)),
        (struct.pack("<3I", 99, 11, 11), (0, 0, DAMAGED)),
        (struct.pack("<3I", 99, 12, 12), (0, 12, ENDED)),
        (block("<", 99, bytes(8))[:-1], (0, 0, ENDED)),
    ],
    ids=range(10),
)
def test_why_a_walk_stops(data, expected):
    assert walk(data)[0] == expected


def test_a_trusted_block_is_read_whatever_its_trailing_length():
    packet = block("<", 6, struct.pack("<5I", 0, 0, 1, 4, 4) + b"abcd", trailer=0)
    assert walk(packet)[0] == (0, 0, MISMATCHED)
    assert walk(packet, trusted_at=0)[0] == (1, 36, ENDED)


def test_a_full_index_stops_the_walk():
    packet = block("<", 6, struct.pack("<5I", 0, 0, 1, 4, 4) + b"abcd")
    assert walk(packet * 3, size=2)[0] == (2, 72, FULL)


def plain_length(data, at, order):
    """The slow twin of sound_length."""
    if at + 12 > len(data):
        return BEYOND
    kind = struct.unpack_from(f"{order}I", data, at)[0]
    if kind == 0x0A0D0D0A:
        order = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}.get(data[at + 8 : at + 12])
    elif kind not in (1, 2, 3, 4, 5, 6, 9, 10, 0x0BAD, 0x40000BAD):
        order = None
    total = struct.unpack_from(f"{order}I", data, at + 4)[0] if order else 0
    if total < 12 or total > MOST_BYTES or total % 4:
        return NO_BLOCK
    if at + total > len(data):
        return BEYOND
    return total if struct.unpack_from(f"{order}I", data, at + total - 4)[0] == total else NO_BLOCK


@given(st.binary(max_size=50), bodies, orders, st.integers(0, 60), st.integers(0, 1))
def test_the_block_found_is_the_first_sound_one(noise, drawn, order, cut, is_end):
    head = block(order, 0x0A0D0D0A, struct.pack(f"{order}I2Hq", 0x1A2B3C4D, 1, 0, -1))
    written = noise + head + b"".join(block(order, kind, struct.pack("<5I", *body[:5])) for kind, body in drawn)
    written = written[: len(written) - cut]
    lengths = [plain_length(written, at, order) for at in range(len(written))]
    sound = [at for at, length in enumerate(lengths) if length > 0 or (length == BEYOND and not is_end)]
    data = np.frombuffer(bytearray(written), np.uint8)

    assert [sound_length(data, at, section(order)) for at in range(len(written))] == lengths
    found, state = find_block(data, 0, section(order), is_end)
    if sound:
        assert (found, state) == (sound[0], FULL if lengths[sound[0]] > 0 else ENDED)
    else:
        assert (found, state) == (len(written), ENDED)


def test_sizes_are_padded_to_32_bits():
    assert [padded(size) for size in (0, 1, 4, 5)] == [0, 4, 4, 8]
