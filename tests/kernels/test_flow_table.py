"""Flow numbering and accounting: the kernels against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows.describe import columns_of
from quivive.flows.track import Timeouts, Tracker
from quivive.kernels import flow_row as fr
from quivive.kernels.headers import OK
from tests.kernels.frames import ACK, FIN, RST, SYN, decoded, ethernet, ipv4, tcp, udp

S = 1_000_000_000
PORTS = np.zeros((2, 65_536), np.uint8)
PORTS[:, [53, 80, 443]] = 1


def tracked(frames, times_ns=None, timeouts=None, batches=1):
    """Return (tracker, flow numbers per packet) after all batches; rows stay in the table."""
    tracker = Tracker(timeouts or Timeouts(), PORTS)
    numbers, n = [], len(frames)
    times = list(range(0, n * 1_000_000, 1_000_000)) if times_ns is None else times_ns
    for part in np.array_split(np.arange(n), batches):
        data, packets = decoded([frames[k] for k in part], [times[k] for k in part])
        tracker.track(data, packets)
        numbers += tracker.table.row[packets.flow_row, fr.FLOW_ID][packets.declined == OK].tolist()
    return tracker, numbers


def rows(tracker):
    """Return the columns of all flows, by number."""
    tracker.end()
    which = tracker.retired()
    which = which[np.argsort(tracker.table.row[which, fr.FLOW_ID])]
    columns = columns_of(tracker.table.row[which], tracker.table.stat[which])
    spread = {k: [c.distinct[i] for i in c.which] for k, c in columns.items() if hasattr(c, "distinct")}
    plain = {k: c.tolist() for k, c in columns.items() if isinstance(c, np.ndarray)}
    return spread | plain


def datagram(src, dst, src_port=1000, dst_port=2000, size=4):
    return ethernet(ipv4(udp(b"x" * size, src_port, dst_port), src=f"10.0.0.{src}", dst=f"10.0.0.{dst}"))


def segment(src, dst, **fields):
    ports = {"src_port": 1000 + src, "dst_port": 1000 + dst}
    return ethernet(ipv4(tcp(**(ports | fields)), src=f"10.0.0.{src}", dst=f"10.0.0.{dst}", protocol=6))


def reference(packets, idle):
    """The same answer in plain Python: a dictionary from five-tuple to (flow, last time)."""
    flows, n_flows, out, now = {}, 0, [], 0
    for a, b, gap in packets:
        now += gap
        key = (min(a, b), max(a, b))
        flow, last = flows.get(key, (None, 0))
        if flow is None or now - last > idle:
            flow, n_flows = n_flows, n_flows + 1
        flows[key] = (flow, now)
        out.append(flow)
    return out


@given(
    packets=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 90)), min_size=1, max_size=60),
    batches=st.integers(1, 4),
)
def test_flows_are_numbered_as_the_reference_does(packets, batches):
    times = np.cumsum([gap * S for _, _, gap in packets]).tolist()
    frames = [datagram(a, b, 1000 + a, 1000 + b) for a, b, _ in packets]
    _, numbers = tracked(frames, times, Timeouts(other_idle_s=60), batches)
    assert numbers == reference(packets, 60)


@pytest.mark.parametrize(("gap_s", "n_flows"), [(60, 1), (60.000001, 2)])
def test_silence_ends_a_flow_just_beyond_the_time_out(gap_s, n_flows):
    _, numbers = tracked([datagram(1, 2)] * 2, [0, int(gap_s * S)])
    assert len(set(numbers)) == n_flows


@pytest.mark.parametrize(("opened", "n_flows"), [(True, 1), (False, 2)])
def test_an_opened_connection_may_be_silent_for_two_hours(opened, n_flows):
    flags = (SYN, SYN | ACK) if opened else (ACK, ACK)
    frames = [segment(1, 2, flags=flags[0]), segment(2, 1, flags=flags[1]), segment(1, 2)]
    _, numbers = tracked(frames, [0, S, 7000 * S])
    assert len(set(numbers)) == n_flows


def test_a_syn_after_the_end_opens_a_new_flow():
    closed = [segment(1, 2, flags=SYN), segment(2, 1, flags=RST | ACK), segment(1, 2, flags=SYN, seq=99)]
    _, numbers = tracked(closed)
    assert numbers == [0, 0, 1]


def test_the_table_grows_over_many_flows():
    frames = [datagram(k % 200 + 1, 250, k, 53) for k in range(20_000)]
    tracker, numbers = tracked(frames)
    assert numbers == list(range(20_000)) and tracker.table.row.shape[0] >= 20_000


def test_a_whole_connection_is_described_as_zeek_does():
    frames = [
        segment(1, 2, flags=SYN, seq=100),
        segment(2, 1, flags=SYN | ACK, seq=500, ack=101),
        segment(1, 2, seq=101, ack=501),
        segment(1, 2, payload=b"12345", seq=101, ack=501),
        segment(2, 1, payload=b"123", seq=501, ack=106),
        segment(1, 2, flags=FIN | ACK, seq=106, ack=504),
        segment(2, 1, flags=FIN | ACK, seq=504, ack=107),
        segment(1, 2, seq=107, ack=505),
    ]
    found = rows(tracked(frames)[0])
    assert (found["state"], found["history"]) == (["SF"], ["ShADdFf"])
    assert (found["orig_bytes"], found["resp_bytes"]) == ([5], [3])
    assert (found["orig_packets"], found["resp_packets"]) == ([5], [3])


def test_a_late_segment_is_out_of_order_and_a_repeated_one_a_retransmission():
    frames = [
        segment(1, 2, flags=SYN, seq=9),
        segment(1, 2, payload=b"aa", seq=10),
        segment(1, 2, payload=b"cc", seq=14),
        segment(1, 2, payload=b"bb", seq=12),
        segment(1, 2, payload=b"aa", seq=10),
    ]
    found = rows(tracked(frames)[0])
    assert (found["orig_out_of_order"], found["orig_retransmits"], found["orig_bytes"]) == ([1], [1], [6])


def test_sequence_numbers_wrap():
    frames = [
        segment(1, 2, flags=SYN, seq=0xFFFFFFFD),
        segment(1, 2, payload=b"abcd", seq=0xFFFFFFFE),
        segment(1, 2, payload=b"ef", seq=2),
    ]
    found = rows(tracked(frames)[0])
    assert (found["orig_bytes"], found["orig_retransmits"]) == ([6], [0])


def test_an_answer_seen_first_is_turned_round():
    found = rows(tracked([datagram(1, 2, 53, 4000)])[0])
    assert (found["orig_port"], found["resp_port"], found["history"]) == ([4000], [53], ["^d"])


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ([(1, SYN)], "S0"),
        ([(1, SYN), (2, RST | ACK)], "REJ"),
        ([(1, SYN), (1, RST)], "RSTOS0"),
        ([(1, SYN), (1, FIN)], "SH"),
        ([(1, SYN), (2, SYN | ACK)], "S1"),
        ([(1, SYN), (2, SYN | ACK), (1, FIN | ACK)], "S2"),
        ([(1, SYN), (2, SYN | ACK), (2, FIN | ACK)], "S3"),
        ([(1, SYN), (2, SYN | ACK), (1, RST)], "RSTO"),
        ([(1, SYN), (2, SYN | ACK), (2, RST)], "RSTR"),
        ([(2, SYN | ACK), (2, RST)], "RSTRH"),
        ([(2, SYN | ACK), (2, FIN | ACK)], "SHR"),
        ([(1, ACK), (2, ACK)], "OTH"),
    ],
)
def test_connection_states(flags, state):
    frames = [segment(side, 3 - side, flags=bits, seq=k) for k, (side, bits) in enumerate(flags)]
    assert rows(tracked(frames)[0])["state"] == [state]


def test_a_connection_tried_again_with_another_number_begins_anew():
    frames = [
        segment(1, 2, flags=SYN, seq=5_000_000),
        segment(1, 2, flags=SYN, seq=100),
        segment(1, 2, payload=b"abc", seq=101),
    ]
    found = rows(tracked(frames)[0])
    assert (found["orig_bytes"], found["orig_retransmits"]) == ([3], [0])


def test_a_late_syn_does_not_undo_what_was_acknowledged():
    frames = [
        segment(1, 2, flags=SYN, seq=99),
        segment(2, 1, flags=SYN | ACK, seq=500, ack=100),
        segment(1, 2, flags=SYN, seq=7_000_000),
        segment(1, 2, payload=b"abc", seq=100),
    ]
    assert rows(tracked(frames)[0])["orig_bytes"] == [3]
