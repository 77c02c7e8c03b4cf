"""Packets out of captures again: those in scope whose flows the case has kept, as they were, and no others."""

from __future__ import annotations

import struct

import pytest

from quivive.engine.captures import CaptureSet
from quivive.engine.cut import packets_of, refuse_packets, write_packets
from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.parts import Exclusions
from quivive.mandate.terms import Level, Persons
from quivive.model.errors import MandateError, UsageError
from tests.captures import pcap
from tests.engine.test_keeping import case_of, ftp_login, grant, query
from tests.mandate.leaks import seen_in

FULL = {"levels": tuple(Level), "persons": Persons.NAMED, "case_ref": "INC-1"}
FRAMES = [query("kept.example"), *ftp_login(), query("out.example", "10.9.9.9"), query("mine.example", "10.0.0.1")]


def cut(tmp_path, frames, given):
    """Read frames into a case under a grant, then cut their capture; returns the packets and the cut file."""
    case = case_of(tmp_path, frames, given)
    (tmp_path / "packets").mkdir()
    write_packets([tmp_path / "case.pcap"], case._tables, given, tmp_path / "packets")
    (path,) = (tmp_path / "packets").iterdir()
    return seen_in(path).packets, path


def test_packets_in_scope_come_out_as_they_went_in(tmp_path):
    packets, path = cut(tmp_path, FRAMES, grant("10.0.0.0/24", **FULL))
    assert packets == [FRAMES[0], *FRAMES[1:-2], FRAMES[-1]] and path.name == "capture-0.pcapng"
    assert b"10.9.9.9" not in path.read_bytes() and b"\x03out" not in path.read_bytes()
    whole = seen_in(tmp_path / "case.pcap")
    assert seen_in(path).ts_ns == [ts for ts, frame in zip(whole.ts_ns, whole.packets, strict=True) if frame in packets]


def test_the_cut_is_pcapng_block_by_block(tmp_path):
    held = cut(tmp_path, FRAMES[:1], grant("10.0.0.0/24", **FULL))[1].read_bytes()
    kinds, at = [], 0
    while at < len(held):
        kind, size = struct.unpack_from("<II", held, at)
        assert size % 4 == 0 and struct.unpack_from("<I", held, at + size - 4) == (size,)
        kinds.append(kind)
        at += size
    assert kinds == [0x0A0D0D0A, 1, 6]


def test_flows_of_excluded_domains_and_all_look_ups_stay_out(tmp_path):
    given = grant("10.0.0.0/24", exclusions=Exclusions(domains=("union.example",)), **FULL)
    packets, _ = cut(tmp_path, [query("union.example"), query("kept.example", port=40_001), *ftp_login()], given)
    assert packets == ftp_login()


def test_another_capture_is_not_one_of_the_case(tmp_path):
    given = grant("10.0.0.0/24", **FULL)
    case = case_of(tmp_path, FRAMES, given)
    other = pcap(tmp_path / "other.pcap", FRAMES[:2])
    with pytest.raises(UsageError, match="is not a capture that this case was read from"):
        write_packets([other], case._tables, given, tmp_path)
    assert not list(tmp_path.glob("capture*"))


@pytest.mark.parametrize("given", [
    NO_MANDATE,
    grant("10.0.0.0/24"),
    grant("10.0.0.0/24", levels=(Level.L0, Level.L1, Level.L3), persons=Persons.NAMED),
    grant("10.0.0.0/24", levels=tuple(Level), persons=Persons.PSEUDONYMOUS),
])  # fmt: skip
def test_packets_need_level_4_and_names(given):
    with pytest.raises(MandateError, match=r"level L4|names"):
        refuse_packets(given)


def test_without_a_mandate_no_packet_leaves(tmp_path):
    case = case_of(tmp_path, FRAMES, NO_MANDATE)
    with CaptureSet([tmp_path / "case.pcap"]), pytest.raises(MandateError, match="level L4"):
        packets_of([tmp_path / "case.pcap"], case._tables, None, None)
