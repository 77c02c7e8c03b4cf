"""The brief's table of places outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quivive.case.brief import WIDTH, brief_text
from quivive.flows.operators import STALE_DAYS, shipped
from tests.detectors.case_builder import DAY, START_NS, capture, case, flow


def outside(folder, flows, **of_capture):
    """Return the brief's lines from OUTSIDE to the empty line."""
    rows = {"captures": [capture(n_packets=1, capture_bytes=100, **of_capture)], "flows": flows}
    with case(folder, rows, reads=("anomalies", "findings")) as tables:
        text = brief_text(tables, encrypted=("tls",), name="case", is_partial=False, granted="Level L1.")
    lines = text.split("\n")
    first = next(k for k, line in enumerate(lines) if line.startswith("OUTSIDE"))
    return lines[first : lines.index("", first)]


def run_by(operator, country, resp_addr, **given):
    return flow(resp_operator=operator, resp_controlling=country, resp_addr=resp_addr, **given)


def test_registered_and_controlling_country_stand_side_by_side(tmp_path):
    lines = outside(
        tmp_path,
        [
            run_by("Alibaba Cloud", "CN", "47.254.128.1", server_name="oss.partner.example", orig_bytes=9_000),
            run_by("Amazon", "US", "52.95.110.1", orig_bytes=800),
            run_by("GitHub", "US", "140.82.112.3", orig_bytes=700),
            run_by("Microsoft", "US", "20.190.128.1", orig_bytes=600),
            flow(resp_addr="193.0.6.139", resp_registered="NL", orig_bytes=5),
        ],
    )
    assert lines[-4:] == [
        "  registered controlled             peers own hosts     sent  received  biggest peer",
        "  US         CN (Alibaba)               1         1   9.0 kB    4.0 kB  oss.partner.example",
        "  US         US (Amazon +1)             3         1   2.1 kB   12.0 kB  52.95.110.1",
        "  NL         -                          1         1      5 B    4.0 kB  193.0.6.139",
    ]
    assert f"by the operator table of {shipped().date}; '-' where not known" in " ".join(lines[:-4]).replace("   ", " ")


def test_who_comes_from_outside_is_told_like_who_was_called(tmp_path):
    come = flow(
        orig_addr="47.254.128.1", resp_addr="10.0.0.5", orig_is_own=False, resp_is_own=True, resp_registered=None,
        orig_registered="US", orig_operator="Alibaba Cloud", orig_controlling="CN",
    )  # fmt: skip
    assert outside(tmp_path, [come])[-1].split() == [
        *("US", "CN", "(Alibaba)", "1", "1", "4.0", "kB", "900", "B", "47.254.128.1")
    ]


def test_long_names_are_cut_where_they_tell_least(tmp_path):
    long = run_by("Sinnet and NWCD of the far north", "CN", "52.80.0.1", server_name="a." * 30 + "partner.example")
    last = outside(tmp_path, [long])[-1]
    assert "CN (Sinnet and NWC..) " in last
    assert last.endswith("a.partner.example") and len(last) <= WIDTH


@pytest.mark.parametrize(("days", "is_told"), [(STALE_DAYS - 1, False), (STALE_DAYS, False), (STALE_DAYS + 1, True)])
def test_a_table_that_was_old_when_the_capture_ended_is_told(tmp_path, days, is_told):
    table_ns = START_NS - (90 * DAY)  # the capture's day, 2026-09-15, is 90 days after 2026-06-17
    assert shipped().date + timedelta(days=90) == shipped().date.fromisoformat("2026-09-15")
    lines = outside(tmp_path, [flow()], last_ns=table_ns + days * DAY)
    assert ("(OLD: " in " ".join(lines)) == is_told


def told(number, campaign, severity="low", **given):
    """Return a row of findings."""
    ordinary = {
        "finding_id": f"F{number}", "campaign": f"C{campaign}", "detector": "upload", "severity": severity,
        "title": f"Event {campaign} was seen, sign {number}.", "evidence_flows": [number], "n_evidence_flows": 1,
        "innocent": ["a backup"],
    }  # fmt: skip
    return ordinary | given


def looks(folder, rows, **given):
    """Return the brief's lines about findings."""
    with case(
        folder, {"captures": [capture(n_packets=1, capture_bytes=100)], "findings": rows}, reads=("anomalies",)
    ) as tables:
        text = brief_text(tables, encrypted=(), name="case", is_partial=False, granted="Level L1.", **given)
    lines = text.split("\n")
    return lines[lines.index("") + 1 : lines.index("", lines.index("") + 1)]


def test_one_event_is_told_once_with_what_else_was_found_of_it(tmp_path):
    rows = [told(1, 1, "high"), told(2, 2), *(told(number, 1) for number in range(3, 7))]
    assert looks(tmp_path, rows) == [
        "DESERVES A LOOK (2, from 6 findings)",
        "   F1 HIGH   Event 1 was seen, sign 1.",
        "             evidence: 1 flow, first 1; could also be: a backup",
        "             with F3 low: Event 1 was seen, sign 3.",
        "             with F4 low: Event 1 was seen, sign 4.",
        "             and 2 findings more of the same event",
        "   F2 LOW    Event 2 was seen, sign 2.",
        "             evidence: 1 flow, first 2; could also be: a backup",
    ]


def test_stories_come_in_order_and_six_are_told(tmp_path):
    lines = looks(tmp_path, [told(number, number) for number in range(1, 13)])
    assert lines[0] == "DESERVES A LOOK (12)"
    assert [line.split()[0] for line in lines[1:-1:2]] == ["F1", "F2", "F3", "F4", "F5", "F6"]
    assert lines[-1] == "  ... and 6 more"


def test_what_could_not_be_judged_is_said(tmp_path):
    lines = looks(tmp_path, [], not_judged={"beacon": "59 min captured"}, failed=["upload (a fault)"])
    assert lines[1:] == [
        "NOT ASKED, because of a fault of this program: upload (a fault)",
        "COULD NOT JUDGE: beacon (59 min captured)",
    ]
