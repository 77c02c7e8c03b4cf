"""Flows that others announce: FTP's data connections, which nothing in them names."""

from __future__ import annotations

import numpy as np
import pytest

from quivive import api
from quivive.engine import announced
from quivive.engine.announced import Announced
from quivive.kernels import flow_row as fr
from quivive.kernels.text import address_halves
from tests.captures import pcap
from tests.kernels.frames import ACK, SYN, ethernet, ipv4, tcp

CLIENT, SERVER, ELSEWHERE = "10.0.0.1", "192.0.2.21", "192.0.2.99"
FILE = bytes.fromhex("05 a1 b2 c3 d4 e5 f6 07 18 29") * 20
"""Bytes like no protocol's."""


class Talk:
    """One TCP connection, opened and spoken over."""

    def __init__(self, orig, orig_port, resp, resp_port):
        self.ends = [(orig, orig_port), (resp, resp_port)]
        self.seq = [100, 500]

    def open(self):
        yield self.say(0, b"", SYN)
        yield self.say(1, b"", SYN | ACK)
        yield self.say(0, b"")

    def say(self, side, payload, flags=ACK):
        (src, src_port), (dst, dst_port) = self.ends[side], self.ends[1 - side]
        at = {"src_port": src_port, "dst_port": dst_port, "seq": self.seq[side], "ack": self.seq[1 - side]}
        self.seq[side] += len(payload) + (flags & SYN > 0)
        return ethernet(ipv4(tcp(payload, flags=flags, **at), src=src, dst=dst, protocol=6))


def session(command, answer, data):
    """Return the frames of a log-in, of one command that announces a data connection, and of that connection."""
    control = Talk(CLIENT, 40_000, SERVER, 21)
    yield from control.open()
    yield control.say(1, b"220 files.example FTP server ready\r\n")
    for said, told in (
        (b"USER anonymous", b"331 Send your address"),
        (b"PASS guest@", b"230 Welcome"),
        (command, answer),
        (b"RETR plans.bin", b"150 Opening data connection"),
    ):
        yield control.say(0, said + b"\r\n")
        yield control.say(1, told + b"\r\n")
    yield from data.open()
    yield data.say(1 if data.ends[0][0] == CLIENT else 0, FILE)
    yield control.say(1, b"226 Done\r\n")


def named(tmp_path, command, answer, data):
    capture = pcap(tmp_path / "ftp.pcap", list(session(command, answer, data)))
    with api.inspect(capture, tmp_path / "case") as case:
        return [(row["service"], row["confidence"]) for row in case.select("flows").rows()][1:]


PASSIVE = b"227 Entering Passive Mode (192,0,2,21,198,89)"


@pytest.mark.parametrize(("command", "answer", "data"), [
    (b"PASV", PASSIVE, Talk(CLIENT, 40_001, SERVER, 50_777)),
    (b"EPSV", b"229 Entering Extended Passive Mode (|||50777|)", Talk(CLIENT, 40_001, SERVER, 50_777)),
    (b"PORT 10,0,0,1,198,89", b"200 PORT command successful", Talk(SERVER, 55_555, CLIENT, 50_777)),
    (b"PASV", b"227 Entering Passive Mode (172,16,0,9,198,89)", Talk(CLIENT, 40_001, SERVER, 50_777)),
], ids=["passive", "extended", "active", "behind a translator of addresses"])  # fmt: skip
def test_data_connection_is_named_by_its_announcement(tmp_path, command, answer, data):
    assert named(tmp_path, command, answer, data) == [("ftp_data", "announced by another flow")]


@pytest.mark.parametrize("data", [
    Talk(CLIENT, 40_001, SERVER, 50_001),
    Talk(CLIENT, 40_001, ELSEWHERE, 50_777),
], ids=["another port", "another server"])  # fmt: skip
def test_other_connections_stay_unnamed(tmp_path, data):
    assert named(tmp_path, b"PASV", PASSIVE, data) == [(None, None)]


def test_flow_too_early_or_too_late_was_not_announced():
    known = Announced()
    known.add("192.0.2.21", 50_777, 7, 10**18)
    early, late = 10**18 - announced.EARLY_NS, 10**18 + announced.WAIT_NS
    assert [service_at(known, ts_ns) for ts_ns in (early - 1, early, late, late + 1)] == [0, 7, 7, 0]


def service_at(known, ts_ns):
    row = np.zeros((1, fr.ROW_WORDS), np.int64)
    row[0, fr.FIRST_NS] = ts_ns
    ends = tuple(np.array([value]) for value in (0, 1, 40_001, *address_halves("192.0.2.21"), 50_777))
    return int(known.services(row, ends, np.array([True]))[0])


def test_only_the_latest_announcements_are_remembered(monkeypatch):
    monkeypatch.setattr(announced, "ANNOUNCED_FLOWS", 2)
    known = Announced()
    for port in (1, 2, 3):
        known.add("192.0.2.21", port, port, 0)
    assert [port for *_, port in known._known] == [2, 3]


@pytest.mark.parametrize("text", ["", "files.example", "1.2.3.4.5", ":::", "\0"])
def test_what_is_no_address_announces_nothing(text):
    known = Announced()
    known.add(text, 80, 1, 0)
    assert not known._known
