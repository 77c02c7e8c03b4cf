import pytest

from quivive.detectors.arp_spoof import FLIP_NS, ArpSpoof
from quivive.model.finding import Severity
from tests.detectors.case_builder import SECOND, START_NS, findings

A, B = "aa:00:00:00:00:01", "aa:00:00:00:00:02"


def claims(macs, *, step_ns=SECOND, **given):
    row = {"arp_operation": "reply", "sender_addr": "10.0.0.1", "target_addr": "10.0.0.5", "is_address_probe": False}
    return {"arp": [row | {"ts_ns": START_NS + k * step_ns, "sender_mac": mac} | given for k, mac in enumerate(macs)]}


ROWS = claims([A, B, A, B])


def test_contested_address_is_told_with_both_machines(tmp_path):
    (finding,) = findings(ArpSpoof, tmp_path, ROWS)
    assert finding.title == (
        f"{B} and {A} both say that 10.0.0.1 is theirs, by turns 3 times, on 2026-09-15 at 00:00 UTC: "
        "traffic for 10.0.0.1 may be read on the way"
    )
    assert (finding.severity, finding.who, finding.what) == (Severity.HIGH, "10.0.0.1", B)
    assert finding.score == 45.0 + 40.0


@pytest.mark.parametrize(
    "macs",
    [[A, A, B, B], [A, B, A], [A, A, B, A, A], [A] * 9],
    ids=["new card", "one claim of each rival", "one odd claim", "alone"],
)
def test_changes_that_are_no_contest_raise_nothing(tmp_path, macs):
    assert findings(ArpSpoof, tmp_path, claims(macs)) == []


@pytest.mark.parametrize(("step_ns", "n_found"), [(FLIP_NS, 1), (FLIP_NS + 1, 0)])
def test_slow_changes_are_leases(tmp_path, step_ns, n_found):
    assert len(findings(ArpSpoof, tmp_path, claims([A, B, A, B], step_ns=step_ns))) == n_found


@pytest.mark.parametrize(
    "given", [{"sender_addr": "0.0.0.0"}, {"is_address_probe": True}], ids=["no address yet", "probe"]
)
def test_probes_are_no_claims(tmp_path, given):
    assert findings(ArpSpoof, tmp_path, claims([A, B, A, B], **given)) == []


def test_address_that_routers_share_raises_nothing(tmp_path):
    assert findings(ArpSpoof, tmp_path, claims(["00:00:5e:00:01:07", B] * 3)) == []
