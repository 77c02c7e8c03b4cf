"""TCP reassembly: the kernels against a dictionary of stream bytes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows.reassemble import Reassembler
from quivive.flows.track import Timeouts, Tracker
from quivive.kernels import flow_row as fr
from quivive.kernels.turns import copy
from tests.kernels.frames import ACK, SYN, decoded, ethernet, ipv4, tcp

PORTS = np.zeros((2, 65_536), np.uint8)
EMPTY = np.empty(0, np.uint8)


def segment(payload, seq, *, flags=ACK, ack=0, is_answer=False):
    ends = {"src": "10.0.0.2", "dst": "10.0.0.1"} if is_answer else {}
    ports = {"src_port": 80, "dst_port": 40_000} if is_answer else {}
    return ethernet(
        ipv4(tcp(payload, seq=seq & 0xFFFFFFFF, flags=flags, ack=ack & 0xFFFFFFFF, **ports), protocol=6, **ends)
    )


class Bench:
    """Tracks and reassembles batches of frames; collects each side's bytes by their offset."""

    def __init__(self):
        self.tracker = Tracker(Timeouts(), PORTS)
        self.reassembler = Reassembler()
        self.delivered = [{}, {}]
        self.gaps = [0, 0]
        self.order = [[], []]

    def batch(self, frames, *, at=0):
        data, packets = decoded(frames, [(at + k) * 1000 for k in range(len(frames))])
        self.tracker.track(data, packets)
        self._take(data, packets)

    def end(self):
        data, packets = decoded([])
        self.tracker.end()
        self._take(data, packets)

    def _take(self, data, packets):
        row = self.tracker.table.row
        ordered = self.reassembler.order(packets, row, EMPTY)
        pieces = ordered.pieces
        for p in range(ordered.n_pieces):
            side, size = int(pieces.stream[p]) & 1, int(pieces.size[p])
            out = np.empty(size, np.uint8)
            copy(data, self.reassembler.arena, pieces.start[p], pieces.size[p], out, np.int64(0))
            self.gaps[side] += int(pieces.gap[p])
            for k, byte in enumerate(out.tobytes()):
                offset = int(pieces.offset[p]) + k
                assert offset not in self.delivered[side], "a byte is delivered once"
                self.delivered[side][offset] = byte
                self.order[side].append(offset)
        self.reassembler.keep(data, row)

    def text(self, side=0):
        return bytes(self.delivered[side][offset] for offset in sorted(self.delivered[side]))


@given(
    segments=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=14),
    batches=st.integers(1, 4),
)
def test_every_stream_byte_comes_once_in_order_and_from_the_first_to_bring_it(segments, batches):
    base = 0xFFFFFFF0
    frames = [segment(b"", base - 1, flags=SYN)]
    frames += [segment(bytes([k + 1]) * size, base + seq) for k, (seq, size) in enumerate(segments)]
    twin = {}
    for k, (seq, size) in enumerate(segments):
        for offset in range(seq, seq + size):
            twin.setdefault(offset, k + 1)
    bench, at = Bench(), 0
    for part in np.array_split(np.arange(len(frames)), batches):
        bench.batch([frames[k] for k in part], at=at)
        at += len(part)
    bench.end()
    if batches == 1:
        assert bench.delivered[0] == twin
    assert set(bench.delivered[0]) == set(twin)
    assert bench.order[0] == sorted(bench.order[0])
    assert bench.gaps[0] == max(twin) + 1 - len(twin)


def test_what_lies_behind_a_hole_waits_for_the_next_batch():
    bench = Bench()
    bench.batch([segment(b"", 99, flags=SYN), segment(b"one", 100), segment(b"three", 106)])
    assert bench.text() == b"one"
    bench.batch([segment(b"two", 103)], at=10)
    assert bench.text() == b"onetwothree" and bench.gaps == [0, 0]


def test_an_acknowledged_hole_is_a_gap_at_once():
    bench = Bench()
    bench.batch(
        [
            segment(b"", 99, flags=SYN),
            segment(b"", 0, flags=SYN | ACK, ack=100, is_answer=True),
            segment(b"one", 100),
            segment(b"three", 106),
            segment(b"", 1, ack=111, is_answer=True),
        ]
    )
    assert bench.text() == b"onethree" and bench.gaps == [3, 0]
    assert bench.tracker.table.row[0, fr.N_GAPS] == 1 and bench.tracker.table.row[0, fr.GAP_BYTES] == 3


def test_the_end_of_a_flow_makes_a_hole_a_gap():
    bench = Bench()
    bench.batch([segment(b"", 99, flags=SYN), segment(b"one", 100), segment(b"three", 106)])
    bench.end()
    assert bench.text() == b"onethree" and bench.gaps == [3, 0]


def test_of_two_versions_of_a_byte_the_first_captured_is_kept():
    bench = Bench()
    bench.batch([segment(b"", 99, flags=SYN), segment(b"BBBB", 102), segment(b"aaaa", 100)])
    assert bench.text() == b"aaBBBB"


def test_a_keep_alive_brings_nothing():
    bench = Bench()
    bench.batch([segment(b"", 99, flags=SYN), segment(b"one", 100), segment(b"\0", 102), segment(b"two", 103)])
    assert bench.text() == b"onetwo"
