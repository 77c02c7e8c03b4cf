import pytest

from quivive.detectors.relay import Relay, best_fit, correlation
from quivive.model.finding import Severity
from tests.detectors.case_builder import MINUTE, START_NS, findings, flow

SIZES = [50_000 + 7_919 * k % 60_000 for k in range(0, 1200, 60)]
IN = [
    flow(
        flow_id=100 + k, ts_ns=START_NS + 3 * k * MINUTE, orig_addr="10.0.0.9", resp_addr="10.0.0.5", resp_is_own=True,
        orig_bytes=size, resp_bytes=100,
    )
    for k, size in enumerate(SIZES)
]  # fmt: skip
OUT = [
    flow(flow_id=200 + k, ts_ns=START_NS + (3 * k + 1) * MINUTE, orig_bytes=size, resp_bytes=100)
    for k, size in enumerate(SIZES)
]
ROWS = {"flows": [*IN, *OUT]}


def found(tmp_path, *flows):
    return findings(Relay, tmp_path, {"flows": list(flows)})


def test_traffic_out_that_follows_traffic_in_is_told_with_its_delay(tmp_path):
    (finding,) = found(tmp_path, *IN, *OUT)
    assert finding.title.startswith(
        "10.0.0.5 passed on to 198.51.100.7 (registered in US) what it took in from machines inside: "
    )
    assert (finding.severity, finding.facts["delay"]) == (Severity.LOW, "1 min")
    assert finding.score == 100.0


@pytest.mark.parametrize("given", [{"service": "smtp"}, {"server_name": "mesu.apple.com"}, {"resp_is_own": True}])
def test_what_passes_on_by_its_nature_is_not_told(tmp_path, given):
    assert found(tmp_path, *IN, *(row | given for row in OUT)) == []


def test_nineteen_minutes_are_too_few(tmp_path):
    assert found(tmp_path, *IN, *OUT[1:]) == []


def test_another_amount_or_another_rhythm_is_no_relay():
    taken, sent = {3 * k: size for k, size in enumerate(SIZES)}, {3 * k: size for k, size in enumerate(SIZES)}
    assert best_fit(taken, sent) == (pytest.approx(1.0), 0)
    assert best_fit(taken, {minute: 2 * size for minute, size in sent.items()}) == (0.0, 0)
    assert best_fit({}, sent) == (0.0, 0)
    assert best_fit(taken, {minute + 7: size for minute, size in sent.items()}) == (0.0, 0)
    same_times = dict(zip(sent, reversed(SIZES), strict=True))
    assert best_fit(taken, same_times)[0] < 0.8


def test_correlation_of_what_never_changes_is_none():
    assert correlation([1, 1, 1], [1, 2, 3]) == 0
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
