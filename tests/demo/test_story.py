"""The demonstration as a whole: the same every time, small, a day long, and true."""

from __future__ import annotations

import hashlib
import json

import pytest

from quivive.demo.story import SCENES, write_demo
from tests.demo import independent

CAPTURES = ["hub.pcap.gz", "office.pcapng", "station.pcap"]
MOST_BYTES = 30_000_000
DAY_NS = 86_400 * 10**9


def _hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes(demo, tmp_path):
    paths = write_demo(tmp_path)
    assert [path.name for path in paths] == [*(scene.file for scene in SCENES), "truth.json"]
    assert _hashes(tmp_path) == _hashes(demo)


def test_another_seed_writes_other_bytes(demo, tmp_path):
    write_demo(tmp_path, seed=2)
    assert all(_hashes(tmp_path)[name] != _hashes(demo)[name] for name in CAPTURES)


def test_captures_are_small_and_each_of_another_format(demo):
    assert sum((demo / name).stat().st_size for name in CAPTURES) <= MOST_BYTES
    assert [(demo / name).read_bytes()[:4].hex() for name in CAPTURES] == ["1f8b0800", "0a0d0d0a", "a1b2c3d4"]


@pytest.mark.parametrize("name", CAPTURES)
def test_frames_stand_in_order_of_time_within_one_day(demo, name):
    times = [at_ns for at_ns, _ in independent.frames(demo / name)]
    assert times == sorted(times)
    assert 0.8 * DAY_NS < times[-1] - times[0] < DAY_NS


def test_truth_names_four_planted_things_and_four_that_only_look_so(demo):
    told = json.loads((demo / "truth.json").read_text())
    planted = [thing["what"] for thing in told if thing["is_planted"]]
    assert planted == ["dns_tunnel", "beacon", "upload", "clear_login"]
    ordinary = [thing["what"] for thing in told if not thing["is_planted"]]
    assert ordinary == ["monitoring", "many_names", "update", "backup"]


def test_every_conversation_told_of_is_in_the_capture(demo, packets):
    for thing in json.loads((demo / "truth.json").read_text()):
        ends = {(packet.src, packet.dst) for packet in packets[thing["capture"]]}
        assert (thing["orig_addr"], thing["resp_addr"]) in ends
        assert (thing["resp_addr"], thing["orig_addr"]) in ends


def test_both_families_and_all_transports_are_met(packets):
    assert {packet.protocol for packet in packets["office.pcapng"]} == {1, 6, 17, 58}
    assert any(":" in packet.src for packet in packets["office.pcapng"])
