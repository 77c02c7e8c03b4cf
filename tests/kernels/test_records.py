import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.records import (
    CHAIN,
    DAMAGED,
    ENDED,
    FULL,
    LENGTHS_AS_IS,
    LENGTHS_MAYBE_SWAPPED,
    LENGTHS_SWAPPED,
    Bounds,
    PacketIndex,
    RecordShape,
    find_record,
    half,
    index_records,
    word,
)

ANY_TIME = Bounds(0, 1 << 32, 1, 0)
MOST_BYTES = 1000

shapes = st.builds(
    RecordShape,
    is_big=st.integers(0, 1),
    header_bytes=st.sampled_from([16, 24]),
    ns_per_tick=st.sampled_from([1, 1000]),
    lengths=st.sampled_from([LENGTHS_AS_IS, LENGTHS_SWAPPED, LENGTHS_MAYBE_SWAPPED]),
    most_bytes=st.just(MOST_BYTES),
    link_type=st.just(1),
)
records = st.lists(
    st.tuples(
        st.integers(1, (1 << 32) - 1), st.integers(0, 999_999), st.binary(min_size=1, max_size=30), st.integers(0, 50)
    ),
    max_size=12,
)


def new_index(size):
    return PacketIndex(*(np.zeros(size, np.int64) for _ in range(4)), *(np.zeros(size, np.int32) for _ in range(2)))


def write(rows, shape):
    """Write (seconds, ticks, bytes, bytes more on the wire) as a file of this shape does."""
    written = b""
    for seconds, ticks, payload, more in rows:
        lengths = [len(payload), len(payload) + more]
        if shape.lengths == LENGTHS_SWAPPED:
            lengths.reverse()
        header = struct.pack(f"{'>' if shape.is_big else '<'}4I", seconds, ticks, *lengths)
        written += header + bytes(shape.header_bytes - 16) + payload
    return written


def index_plainly(data, shape):
    """The slow twin: whole sound records from the front, as (start, stop, ts_ns, wire_bytes)."""
    rows, at = [], 0
    while at + shape.header_bytes <= len(data):
        seconds, ticks, captured, wire = struct.unpack_from(f"{'>' if shape.is_big else '<'}4I", data, at)
        if shape.lengths == LENGTHS_SWAPPED or (shape.lengths == LENGTHS_MAYBE_SWAPPED and captured > wire):
            captured, wire = wire, captured
        start = at + shape.header_bytes
        if captured > shape.most_bytes or start + captured > len(data):
            break
        rows.append((start, start + captured, seconds * 10**9 + ticks * shape.ns_per_tick, wire))
        at = start + captured
    return rows, at


@given(st.binary(min_size=4, max_size=4))
def test_numbers_are_read_in_either_order(four):
    data = np.frombuffer(bytearray(four), np.uint8)
    assert [word(data, 0, 1), word(data, 0, 0)] == [int.from_bytes(four, "big"), int.from_bytes(four, "little")]
    assert [half(data, 2, 1), half(data, 2, 0)] == [int.from_bytes(four[2:], "big"), int.from_bytes(four[2:], "little")]


@given(records, shapes, st.integers(0, 40))
def test_index_equals_its_slow_twin(rows, shape, cut):
    written = write(rows, shape)
    data = np.frombuffer(bytearray(written[: len(written) - cut]), np.uint8)
    expected, end = index_plainly(data.tobytes(), shape)
    index = new_index(20)

    n, at, state = index_records(data, 0, 1 << 40, 0, shape, ANY_TIME, index)

    assert list(zip(*(column[:n].tolist() for column in index[:4]), strict=True)) == expected
    assert (n, at, state) == (len(expected), end, ENDED)


@given(records, shapes, st.integers(1, 5), st.integers(1, 200))
def test_index_in_pieces_equals_index_at_once(rows, shape, size, step):
    data = np.frombuffer(bytearray(write(rows, shape)), np.uint8)
    expected, _ = index_plainly(data.tobytes(), shape)
    found, at, state = [], 0, FULL
    while state == FULL:
        index = new_index(size)
        n, at, state = index_records(data, at, at + step, 0, shape, ANY_TIME, index)
        found += zip(*(column[:n].tolist() for column in index[:4]), strict=True)

    assert found == expected


def test_a_length_beyond_the_bound_is_damage_and_one_at_the_bound_is_not():
    shape = RecordShape(0, 16, 1000, LENGTHS_AS_IS, MOST_BYTES, 1)
    for size, expected in ((MOST_BYTES, (1, 16 + MOST_BYTES, ENDED)), (MOST_BYTES + 1, (0, 0, DAMAGED))):
        data = np.frombuffer(bytearray(write([(1, 0, bytes(size), 0)], shape)), np.uint8)
        assert index_records(data, 0, 1 << 40, 0, shape, ANY_TIME, new_index(4)) == expected


def is_chain(data, at, shape, bounds):
    """The slow twin: CHAIN sound records from here on, or two or more up to the end of the file."""
    for n in range(CHAIN):
        if at + shape.header_bytes > len(data):
            return n > 1 or (at == len(data) and n > 0 and bool(bounds.is_timed))
        seconds, ticks, captured, wire = struct.unpack_from(f"{'>' if shape.is_big else '<'}4I", data, at)
        if shape.lengths == LENGTHS_SWAPPED or (shape.lengths == LENGTHS_MAYBE_SWAPPED and captured > wire):
            captured, wire = wire, captured
        is_sound = bounds.low_s <= seconds <= bounds.high_s and 0 < captured <= wire <= shape.most_bytes
        if not is_sound or ticks * shape.ns_per_tick >= 10**9:
            return False
        at += shape.header_bytes + captured
    return True


@given(st.binary(max_size=60), records, shapes, st.integers(0, 20), st.integers(0, 1))
def test_the_record_found_is_the_first_of_a_chain(noise, rows, shape, cut, is_timed):
    written = noise + write(rows, shape)
    data = np.frombuffer(bytearray(written[: len(written) - cut]), np.uint8)
    bounds = Bounds(1, 1 << 32, 1, is_timed)
    chains = [at for at in range(data.size - shape.header_bytes + 1) if is_chain(data.tobytes(), at, shape, bounds)]

    found = find_record(data, 0, data.size, shape, bounds)

    assert found == ((chains[0], FULL) if chains else (data.size, ENDED))


def test_a_chain_that_goes_on_behind_the_bytes_at_hand_waits_for_more():
    shape = RecordShape(0, 16, 1000, LENGTHS_AS_IS, MOST_BYTES, 1)
    data = np.frombuffer(bytearray(b"\xff" * 7 + write([(1, 0, b"ab", 0), (2, 0, b"cd", 0)], shape)), np.uint8)

    assert find_record(data, 0, data.size, shape, Bounds(0, 9, 0, 1)) == (7, ENDED)
    assert find_record(data, 0, data.size, shape, Bounds(0, 9, 1, 1)) == (7, FULL)
