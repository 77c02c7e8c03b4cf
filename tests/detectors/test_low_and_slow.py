import pytest

from quivive.detectors.low_and_slow import LowAndSlow
from quivive.model.finding import Severity
from tests.detectors.case_builder import HOUR, MINUTE, START_NS, findings, flow


def drip(n_hours=8, sent=1_000, every=3 * MINUTE, **given):
    """Return a little sent every few minutes for some hours."""
    return [
        flow(
            flow_id=k + 1, ts_ns=START_NS + k * every, last_ns=START_NS + k * every + 1, orig_bytes=sent, resp_bytes=100
        )
        | {"service": None}
        | given
        for k in range(n_hours * HOUR // every)
    ]


ROWS = {"flows": drip()}


def found(tmp_path, flows):
    return findings(LowAndSlow, tmp_path, {"flows": flows})


def test_drip_is_told_with_its_rate_and_its_sum(tmp_path):
    (finding,) = found(tmp_path, drip())
    assert finding.title == (
        "10.0.0.5 sent about 20.0 kB an hour to 198.51.100.7 (registered in US), in 8 hours 160 kB, "
        "on 2026-09-15 from 00:00 to 07:57 UTC"
    )
    assert (finding.severity, finding.who, finding.what, finding.n_bytes) == (
        Severity.LOW, "10.0.0.5", "198.51.100.7", 160_000,
    )  # fmt: skip
    assert finding.flow_ids == tuple(range(1, 161))


@pytest.mark.parametrize(
    "flows",
    [
        drip(n_hours=7),
        drip(sent=999),
        drip(sent=51_000),
        drip(resp_bytes=500),
        drip(service="ntp"),
        drip(server_name="settings-win.data.microsoft.com"),
        drip(resp_addr="239.255.255.250"),
        drip(orig_is_own=False),
        drip()[:60] + drip(n_hours=12)[160:],
    ],
    ids=("7 hours", "little", "much", "both ways", "clock", "system", "group", "not own", "with a pause"),
)
def test_shorter_smaller_larger_and_harmless_ones_are_not_told(tmp_path, flows):
    assert found(tmp_path, flows) == []


def test_one_burst_among_the_hours_is_no_drip(tmp_path):
    assert found(tmp_path, [*drip(), flow(ts_ns=START_NS + HOUR, orig_bytes=900_000)]) == []


@pytest.mark.parametrize(("sent", "received", "n_found"), [(1_800, 5_100, 1), (1_799, 5_100, 0), (1_800, 5_500, 0)])
def test_what_opening_tls_takes_is_not_counted(tmp_path, sent, received, n_found):
    assert len(found(tmp_path, drip(service="tls", orig_bytes=sent, resp_bytes=received))) == n_found


@pytest.mark.parametrize(("n_hosts", "n_found"), [(5, 1), (4, 4)])
def test_place_that_many_machines_report_to_is_told_once(tmp_path, n_hosts, n_found):
    flows = [
        one | {"orig_addr": f"10.0.1.{k}", "flow_id": 1_000 * k + one["flow_id"]}
        for k in range(n_hosts)
        for one in drip()
    ]
    told = found(tmp_path, flows)
    assert len(told) == n_found
    assert ("as 4 other machines did" in told[0].title) is (n_found == 1)
