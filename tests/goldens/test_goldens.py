"""Golden captures: what a case says, as text a person can review, kept beside this test."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from quivive import api
from quivive.demo.story import write_demo
from tests.captures import pcap
from tests.engine.test_inspect import FRAMES

HERE = Path(__file__).parent
FEW = 3
"""Rows shown of each table of the demonstration: enough to see what a column holds."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demonstration's case, and what was planted."""
    folder = tmp_path_factory.mktemp("demo")
    paths = [path for path in write_demo(folder) if path.suffix != ".json"]
    with api.inspect(paths, folder / "case") as case:
        yield case, json.loads((folder / "truth.json").read_text(encoding="utf-8"))


PSEUDONYM = re.compile(r"\b([a-z]+)-[a-z2-7]{13}\b")
"""What stands for a name: made with a key of this machine's own, so no golden can hold it."""


def check(golden, text, pytestconfig):
    path, text = HERE / golden, PSEUDONYM.sub(r"\1-(pseudonym)", text)
    if pytestconfig.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def as_text(case, limit):
    """Return tables as text: name, number of rows, the first rows with what they hold."""
    lines = []
    for name, n_rows, _ in case.contents():
        if name in ("captures", "host_index"):
            continue
        lines.append(f"[{name}] {n_rows}")
        for row in case.select(name, limit=limit).rows():
            told = (f"{key}={value}" for key, value in row.items() if value not in (None, "", []) and key != "ts")
            lines.append("  " + "  ".join(told))
    return "\n".join(lines) + "\n"


def test_a_visit_gives_its_golden_tables(tmp_path, pytestconfig):
    with api.inspect(pcap(tmp_path / "visit.pcap", FRAMES), tmp_path / "case") as case:
        check("visit.golden", as_text(case, None), pytestconfig)


def test_the_demonstration_gives_its_golden_brief(demo, pytestconfig):
    case, _ = demo
    brief = case.brief().replace(str(case.path), "case")
    check("demo.golden", brief + "\n" + as_text(case, FEW), pytestconfig)


DETECTORS = {"dns_tunnel": "dns_tunnel", "beacon": "beacon", "upload": "upload", "clear_login": "cleartext_login"}
"""Which detector is to find what was planted."""


def test_all_that_was_planted_is_found_and_no_look_alike(demo):
    case, truth = demo
    grave = [finding for finding in case.findings if finding["severity"] in ("medium", "high")]
    planted = {(DETECTORS[one["what"]], one["orig_addr"]) for one in truth if one["is_planted"]}
    assert {(finding["detector"], finding["who"]) for finding in grave} == planted
    guilty = {one["orig_addr"] for one in truth if one["is_planted"]}
    assert {finding["who"] for finding in case.findings if finding["severity"] != "note"} == guilty


def test_every_finding_has_evidence_and_an_innocent_explanation(demo):
    case, _ = demo
    known = {row["flow_id"] for row in case.select("flows", columns="flow_id").rows()}
    for finding in case.findings:
        assert finding["evidence_flows"] and set(finding["evidence_flows"]) <= known
        assert finding["innocent"]
