"""What detectors are asked, and what is said of those that gave no answer."""

from pathlib import Path

import pytest

from quivive.engine import questions
from quivive.engine.questions import ask_all
from quivive.kit.detector import Detector, Floor
from quivive.model.finding import Finding, Severity
from tests.detectors.case_builder import START_NS, case, flow


class Answering(Detector):
    name, question, reads, partition_by = "answering", "Is there anything?", ("flows",), "orig_addr"

    def run(self, tables, *, as_of_ns):
        for severity in (Severity.LOW, Severity.HIGH):
            yield Finding("There is.", severity, 0.5, "10.0.0.5", "it", as_of_ns, as_of_ns, 1, (1,), ("none",))

    def not_judged(self, tables):
        return "half of it was hidden"


class Faulty(Answering):
    name = "faulty"

    def run(self, tables, *, as_of_ns):
        raise RuntimeError("a fault\nin two lines")


class Wanting(Faulty):
    name, reads = "wanting", ("flows", "arp")


class Small(Faulty):
    name, floor = "small", Floor(out_bytes=901)


class OneOf(Faulty):
    name, reads_one_of = "one_of", ("arp", "dhcp")


class Brief(Faulty):
    name, floor = "brief", Floor(span_ns=3_600 * 10**9)


@pytest.fixture
def shelf_of(monkeypatch):
    monkeypatch.setattr(questions, "on_shelf", lambda: (Answering, Faulty, Wanting, Small, OneOf, Brief))


def asked(folder: Path, *, is_strict=False):
    with case(folder, {"flows": [flow(flow_id=1)]}) as tables:
        return ask_all(tables, is_strict=is_strict)


def test_gravest_finding_comes_first(tmp_path, shelf_of):
    found = asked(tmp_path).found
    assert [finding.severity for _, finding in found] == [Severity.HIGH, Severity.LOW]
    assert found[0][1].first_ns == START_NS + 10**9


def test_fault_costs_one_answer_and_is_told_in_one_line(tmp_path, shelf_of):
    assert asked(tmp_path).failed == ["faulty (RuntimeError('a fault\\nin two lines'))"]


def test_fault_is_raised_under_test(tmp_path, shelf_of):
    with pytest.raises(RuntimeError):
        asked(tmp_path, is_strict=True)


def test_detector_without_its_tables_is_not_asked(tmp_path, shelf_of):
    assert asked(tmp_path).no_rows == ["wanting", "small", "one_of"]


def test_what_could_not_be_judged_is_told(tmp_path, shelf_of):
    assert asked(tmp_path).not_judged["answering"] == "half of it was hidden"


def test_question_for_which_too_little_was_captured_is_not_asked_but_told(tmp_path, shelf_of):
    assert asked(tmp_path).not_judged["brief"] == "shows from 1 h 0 min on"
