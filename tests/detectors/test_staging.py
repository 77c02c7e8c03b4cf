import pytest

from quivive.detectors.staging import Staging
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, HOUR, START_NS, findings, flow

GATHER = [
    flow(
        flow_id=k,
        resp_addr=f"10.0.0.{10 + k}",
        resp_is_own=True,
        service="smb",
        orig_bytes=1_000,
        resp_bytes=10_000_000,
    )
    for k in (1, 2)
]
PUSH = flow(flow_id=3, ts_ns=START_NS + HOUR, server_name="push.example.net", orig_bytes=10_000_000, resp_bytes=5_000)
ROWS = {"flows": [*GATHER, PUSH]}


def found(tmp_path, *flows):
    return findings(Staging, tmp_path, {"flows": list(flows)})


def test_gathering_and_pushing_are_told_together(tmp_path):
    (finding,) = found(tmp_path, *GATHER, PUSH)
    assert finding.title == (
        "10.0.0.5 gathered 20.0 MB from 2 machines inside and then sent 10.0 MB to push.example.net (198.51.100.7, "
        "registered in US), on 2026-09-15 at 01:00 UTC"
    )
    assert (finding.severity, finding.n_bytes, finding.flow_ids) == (Severity.MEDIUM, 10_000_000, (1, 2, 3))


@pytest.mark.parametrize(
    "push",
    [
        {"orig_bytes": 9_999_999},
        {"resp_bytes": 5_000_000},
        {"ts_ns": START_NS - 1},
        {"ts_ns": START_NS + DAY + 1},
        {"server_name": "download.windowsupdate.com"},
        {"resp_is_own": True},
        {"resp_addr": "255.255.255.255"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_less_pushed_or_at_another_time_or_to_nobody_is_not_told(tmp_path, push):
    assert found(tmp_path, *GATHER, PUSH | push) == []


def test_less_than_half_of_what_was_gathered_is_not_told(tmp_path):
    assert found(tmp_path, *GATHER, GATHER[0] | {"flow_id": 9}, PUSH) == []


def test_host_that_pushes_to_many_places_is_a_server(tmp_path):
    places = [
        flow(resp_addr=f"203.0.113.{k}", orig_bytes=1_000_000, resp_bytes=0, ts_ns=START_NS + HOUR) for k in range(20)
    ]
    assert len(found(tmp_path / "a", *GATHER, PUSH, *places[1:])) == 1
    assert found(tmp_path / "b", *GATHER, PUSH, *places) == []
