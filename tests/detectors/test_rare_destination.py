import pytest

from quivive.detectors.rare_destination import RareDestination
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, START_NS, capture, case, findings, flow

LAST = START_NS + 21 * DAY
HOSTS = [{"host_addr": f"10.0.1.{k}", "is_own": True} for k in range(50)]
NEW = flow(
    flow_id=1, ts_ns=LAST - 2 * DAY, server_name="drop.example.net", orig_bytes=100_000, resp_bytes=1_000,
    last_ns=LAST - 2 * DAY,
)  # fmt: skip
ROWS = {"flows": [NEW], "hosts": HOSTS, "captures": [capture(last_ns=LAST)]}


def found(tmp_path, *flows, hosts=HOSTS, last_ns=LAST):
    return findings(
        RareDestination, tmp_path, {"flows": list(flows), "hosts": hosts, "captures": [capture(last_ns=last_ns)]}
    )


def test_new_place_of_one_host_is_told_with_what_it_took(tmp_path):
    (finding,) = found(tmp_path, NEW)
    assert finding.title == (
        "10.0.0.5 sent 100 kB to drop.example.net (198.51.100.7, registered in US), a place that is new here and that "
        "nobody else uses, on 2026-10-04 at 00:00 UTC"
    )
    assert (finding.severity, finding.who, finding.what, finding.n_bytes, finding.flow_ids) == (
        Severity.LOW, "10.0.0.5", "drop.example.net", 100_000, (1,),
    )  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {"orig_bytes": 99_999},
        {"resp_bytes": 43_000},
        {"ts_ns": LAST - 7 * DAY - 1},
        {"server_name": "v10.events.data.microsoft.com"},
        {"resp_addr": "239.1.1.1", "server_name": None},
        {"service": "ntp"},
        {"resp_is_own": True},
    ],
    ids=lambda given: next(iter(given)),
)
def test_little_old_or_of_the_system_is_not_told(tmp_path, given):
    assert found(tmp_path, NEW | given) == []


def test_two_of_fifty_hosts_are_not_rare(tmp_path):
    assert found(tmp_path, NEW, NEW | {"flow_id": 2, "orig_addr": "10.0.0.6"}) == []


def test_what_was_called_three_weeks_ago_is_not_new(tmp_path):
    assert found(tmp_path, NEW, NEW | {"flow_id": 2, "ts_ns": START_NS}) == []


@pytest.mark.parametrize(
    ("hosts", "last_ns", "reason"),
    [
        (HOSTS[1:], LAST, "49 own hosts: what is rare shows from 50"),
        (HOSTS, LAST, ""),
    ],
)
def test_few_hosts_or_a_short_case_cannot_be_judged(tmp_path, hosts, last_ns, reason):
    rows = {"flows": [NEW], "hosts": hosts, "captures": [capture(last_ns=last_ns)]}
    with case(tmp_path, rows) as tables:
        assert RareDestination().not_judged(tables) == reason
        assert len(list(RareDestination().run(tables, as_of_ns=LAST))) == (0 if reason else 1)
