"""Tables hold the same however the capture is cut into batches, and whichever way conversations are read."""

from __future__ import annotations

import json
from collections import Counter
from itertools import zip_longest

import numpy as np
import pytest

from quivive import api
from quivive.engine import held, pipeline
from quivive.kit.protocol import Taken
from quivive.protocols.http1 import Http1
from quivive.protocols.quic import Quic
from quivive.protocols.tls import Tls
from tests.captures import pcap
from tests.kernels.frames import ACK, FIN, SYN, ethernet, ipv4, tcp, udp
from tests.messages.http.test_lane import CHUNKED, GET, INTERIM, OK, POST, UNFINISHED, UNTIL_CLOSE
from tests.messages.quic.test_lane import CLIENTS, TAKEN
from tests.messages.tls.test_lane import WHOLE

SEGMENT = 50
"""Bytes of the segments: every message is cut by some batch."""

TABLES = ("flows", "http", "tls", "quic", "certificates", "anomalies")


def stream(number, turns, port, *, is_closed):
    """Return the frames of a TCP conversation, in small segments."""
    ends = ({"src": "10.0.0.1", "dst": "192.0.2.80"}, {"src": "192.0.2.80", "dst": "10.0.0.1"})
    ports = ({"src_port": 40_000 + number, "dst_port": port}, {"src_port": port, "dst_port": 40_000 + number})
    seq, frames = [100, 500], []

    def send(side, payload=b"", flags=ACK):
        segment = tcp(payload, seq=seq[side], ack=seq[1 - side], flags=flags, **ports[side])
        frames.append(ethernet(ipv4(segment, protocol=6, **ends[side])))
        seq[side] += len(payload) + bool(flags & (SYN | FIN))

    send(0, flags=SYN)
    send(1, flags=SYN | ACK)
    for side, said in turns:
        for at in range(0, len(said), SEGMENT):
            send(side, said[at : at + SEGMENT])
    if is_closed:
        send(0, flags=FIN | ACK)
        send(1, flags=FIN | ACK)
    return frames


def datagrams(number, turns):
    """Return the frames of a UDP conversation."""
    ends = ({"src": "10.0.0.1", "dst": "192.0.2.44"}, {"src": "192.0.2.44", "dst": "10.0.0.1"})
    ports = ((40_000 + number, 443), (443, 40_000 + number))
    return [ethernet(ipv4(udp(said, *ports[side]), **ends[side])) for side, said in turns]


def flows():
    """Return the frames of each flow."""
    web = [turns for turns, _ in UNFINISHED.values()]
    web += [
        [(0, GET), (1, INTERIM + OK), (0, POST + b"hello" + GET), (1, OK + CHUNKED + b"a\r\n0123456789\r\n0\r\n\r\n")]
        * 2,
        [(0, GET), (1, OK), (0, GET + GET[:30]), (1, OK), (0, GET[30:]), (1, UNTIL_CLOSE), (0, GET), (1, b"the end")],
        [(0, GET.replace(b"User-Agent", b"Authorization")), (1, OK), (0, GET), (1, OK)],
    ]
    secret = [turns[:size] for turns in WHOLE.values() for size in range(1, len(turns) + 1)]
    streams = [(turns, 80) for turns in web] + [(turns, 443) for turns in secret]
    found = [stream(k, turns, port, is_closed=k % 2 == 0) for k, (turns, port) in enumerate(streams)]
    return found + [datagrams(k, turns) for k, turns in enumerate([*TAKEN.values(), *CLIENTS.values()])]


def rows_of(path, folder):
    """Return the rows of a case, by table, in no order."""
    with api.inspect(path, folder) as case:
        held_rows = {name: case.select(name).rows() for name in TABLES}
    return {name: Counter(json.dumps(row, default=str) for row in rows) for name, rows in held_rows.items()}


def cut(monkeypatch, size):
    """Have captures read in batches of so many packets."""
    run = pipeline.Pipeline.run

    def parts(arrival):
        data, *columns = arrival.buffer
        for at in range(0, arrival.origin.size, size):
            some = type(arrival.buffer)(data, *(column[at : at + size] for column in columns))
            yield type(arrival)(some, arrival.origin[at : at + size])

    def in_parts(self, arrivals, on_batch):
        return run(self, (part for arrival in arrivals for part in parts(arrival)), on_batch)

    monkeypatch.setattr(pipeline.Pipeline, "run", in_parts)


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """Return a capture in which all flows speak at once, and its rows, read without any fast lane."""
    folder = tmp_path_factory.mktemp("flows")
    frames = [frame for some in zip_longest(*flows()) for frame in some if frame is not None]
    path = pcap(folder / "a.pcap", frames)
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Tls, Quic, Http1):
            patch.setattr(kind, "has_lane", False)
        return path, rows_of(path, folder / "case")


def test_there_is_something_to_read(capture):
    counts = {name: rows.total() for name, rows in capture[1].items()}
    assert min(counts.values()) > 0


@pytest.mark.parametrize("size", [7, 40, 100, 301, 100_000])
def test_tables_are_the_same_whatever_the_size_of_batches(capture, tmp_path, monkeypatch, size):
    path, expected = capture
    cut(monkeypatch, size)
    assert rows_of(path, tmp_path / "case") == expected


@pytest.mark.parametrize("size", [40, 100_000])
def test_a_lane_that_always_waits_leaves_all_to_the_parser_in_the_end(capture, tmp_path, monkeypatch, size):
    path, expected = capture
    for kind in (Tls, Quic, Http1):
        wait = staticmethod(lambda streams: (np.full(streams.flow_id.size, Taken.LATER, np.uint8), []))
        monkeypatch.setattr(kind, "parse_streams", wait)
    cut(monkeypatch, size)
    assert rows_of(path, tmp_path / "case") == expected


@pytest.mark.parametrize("bound", ["HELD_BYTES", "FLOW_BYTES"])
def test_tables_are_the_same_where_little_can_be_held(capture, tmp_path, monkeypatch, bound):
    """But for the times of certificates: the parser of TLS gives them that of a turn, which ends with the batch."""
    path, expected = capture
    monkeypatch.setattr(held, bound, {"HELD_BYTES": 9_000, "FLOW_BYTES": 2_000}[bound])
    cut(monkeypatch, 40)
    found = rows_of(path, tmp_path / "case")
    assert {name: found[name] for name in set(TABLES) - {"certificates"}} == {
        name: expected[name] for name in set(TABLES) - {"certificates"}
    }
    assert found["certificates"].total() == expected["certificates"].total()
