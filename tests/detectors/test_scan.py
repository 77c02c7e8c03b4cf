import math

import pytest

from quivive.detectors.scan import LOWER, MIN_FAILED, UPPER, Scan, highest
from quivive.model.finding import Severity
from tests.detectors.case_builder import SECOND, START_NS, findings, flow

INSIDE = {"resp_is_own": True, "resp_registered": None, "service": None, "resp_port": 445}
FAILED = {"state": "REJ", "orig_bytes": 0, "resp_bytes": 0, "resp_packets": 1}


def tries(n_failed, n_succeeded=0, **given):
    rows = [INSIDE | FAILED | {"resp_addr": f"10.0.1.{k}"} for k in range(n_failed)]
    rows += [INSIDE | {"resp_addr": f"10.0.2.{k}"} for k in range(n_succeeded)]
    return {"flows": [flow(flow_id=k + 1, ts_ns=START_NS + k * SECOND, **row | given) for k, row in enumerate(rows)]}


ROWS = tries(40, 2)


def test_search_is_told_with_what_was_searched(tmp_path):
    (finding,) = findings(Scan, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 searched 40 machines, mostly at port 445: 40 first contacts failed and 2 succeeded, "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids) == (Severity.MEDIUM, tuple(range(1, 41)))
    assert finding.score == pytest.approx(40 * math.log(4), abs=1e-3)


def test_walk_decides_at_the_published_bounds():
    assert pytest.approx(math.log(99)) == UPPER == -LOWER
    assert highest([False] * 4) >= UPPER > highest([False] * 3)
    assert highest([True] * 4 + [False] * 4) >= UPPER  # acquitted after four, then judged anew
    assert highest([True, False] * 50) < UPPER


@pytest.mark.parametrize(
    ("n_failed", "n_succeeded", "n_found"), [(MIN_FAILED, 9, 1), (MIN_FAILED - 1, 0, 0), (10, 10, 0)]
)
def test_few_failures_are_no_search(tmp_path, n_failed, n_succeeded, n_found):
    assert len(findings(Scan, tmp_path, tries(n_failed, n_succeeded))) == n_found


def test_many_ports_of_one_machine_are_a_search_too(tmp_path):
    rows = {"flows": [flow(**INSIDE | FAILED | {"resp_addr": "10.0.1.1", "resp_port": k}) for k in range(1, 50)]}
    (finding,) = findings(Scan, tmp_path, rows)
    assert "searched 10.0.1.1 at 49 ports" in finding.title


def test_capture_of_one_side_is_not_judged(tmp_path):
    assert findings(Scan, tmp_path, tries(40, resp_packets=0, state="S0")) == []


def test_failures_that_carried_data_are_no_failures(tmp_path):
    assert findings(Scan, tmp_path, tries(40, state="S0", orig_bytes=500)) == []


@pytest.mark.parametrize("given", [{"orig_is_own": False}, {"resp_is_own": False}])
def test_search_over_the_border_is_low(tmp_path, given):
    assert [finding.severity for finding in findings(Scan, tmp_path, tries(40, **given))] == [Severity.LOW]
