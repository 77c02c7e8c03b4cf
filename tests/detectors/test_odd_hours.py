import pytest

from quivive.detectors.odd_hours import OddHours
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, HOUR, START_NS, findings, flow

OFFICE = [flow(flow_id=k, ts_ns=START_NS + k * DAY + 9 * HOUR, orig_bytes=300_000) for k in range(8)]
NIGHT = flow(
    flow_id=50, ts_ns=START_NS + 3 * DAY + 2 * HOUR, last_ns=START_NS + 3 * DAY + 2 * HOUR, resp_addr="203.0.113.5",
    orig_bytes=5_000_000, resp_bytes=1_000,
)  # fmt: skip
ROWS = {"flows": [*OFFICE, NIGHT]}


def found(tmp_path, *flows):
    return findings(OddHours, tmp_path, {"flows": list(flows)})


def test_night_of_a_host_that_works_by_day_is_told(tmp_path):
    (finding,) = found(tmp_path, *OFFICE, NIGHT)
    assert finding.title == (
        "10.0.0.5 sent 5.0 MB to 203.0.113.5 (registered in US) at an hour at which it is silent otherwise, "
        "on 2026-09-18 at 02:00 UTC"
    )
    assert (finding.severity, finding.flow_ids) == (Severity.LOW, (50,))
    assert finding.facts["compared with"] == "7 other days"


@pytest.mark.parametrize(
    "given",
    [
        {"orig_bytes": 4_999_999},
        {"resp_bytes": 2_200_000},
        {"server_name": "download.windowsupdate.com"},
        {"ts_ns": START_NS + 3 * DAY + 10 * HOUR},
        {"resp_addr": "224.0.0.251"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_less_by_day_or_of_the_system_is_not_told(tmp_path, given):
    assert found(tmp_path, *OFFICE, NIGHT | given) == []


def test_some_traffic_in_other_nights_makes_it_usual(tmp_path):
    other = flow(ts_ns=START_NS + 5 * DAY + HOUR, orig_bytes=100_001)
    assert found(tmp_path / "a", *OFFICE, NIGHT, other) == []
    assert len(found(tmp_path / "b", *OFFICE, NIGHT, other | {"orig_bytes": 100_000})) == 1


def test_habits_need_a_week_of_other_days(tmp_path):
    assert found(tmp_path, *OFFICE[:3], *OFFICE[4:], NIGHT) != []
    assert found(tmp_path / "less", *OFFICE[:2], *OFFICE[4:], NIGHT) == []
