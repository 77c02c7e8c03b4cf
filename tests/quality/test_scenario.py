"""The generator: a tiny scenario holds what it says, and the same seed makes the same case."""

import pytest

from quality.leaks import KINDS
from quality.rows import HOUR, START_NS
from quality.scenario import Scenario, asked, fill, run

TINY = Scenario("3 hosts, 9 hours", 3, 9)
CHOSEN = {kind: KINDS[kind] for kind in ("upload of 10 MB within 1 h", "ICMP tunnel", "FTP upload of 3 MB")}


def told(seed, kinds, hours=9):
    rows, leaks, _ = fill(TINY, seed, kinds)
    return leaks, [(name, finding) for name, finding in asked(rows, until_ns=START_NS + hours * HOUR)]


def test_same_seed_makes_the_same_case():
    first, second = told(7, CHOSEN), told(7, CHOSEN)
    assert first[0] == second[0]
    assert [(name, finding.title) for name, finding in first[1]] == [
        (name, finding.title) for name, finding in second[1]
    ]


def test_another_seed_makes_another_case():
    assert told(7, CHOSEN)[0] != told(8, CHOSEN)[0]


def test_every_leak_lies_in_the_capture_and_has_a_place_to_itself():
    leaks, _ = told(7, KINDS)
    assert [leak.kind for leak in leaks] == list(KINDS)
    assert all(START_NS <= leak.first_ns < START_NS + 9 * HOUR for leak in leaks)
    assert len({place for leak in leaks for place in leak.places}) == sum(len(leak.places) for leak in leaks)


def test_planted_leaks_are_told_and_without_them_nobody_is_accused_of_a_tunnel():
    verdict = run(TINY, 7)
    assert verdict.told["ICMP tunnel"] == [True]
    assert verdict.host_days == pytest.approx(9 / 8)
    _, clean = told(7, {})
    assert {name for name, _ in clean} & {"icmp_tunnel", "dns_tunnel", "doh", "ftp_upload"} == set()


def test_what_comes_after_the_cut_is_not_seen():
    _, found = told(7, CHOSEN, hours=0)
    assert found == []
