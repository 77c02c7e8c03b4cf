import pytest

from quivive.detectors.cloud_storage import CloudStorage
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow

STORE = flow(flow_id=1, server_name="gfs270n371.userstorage.mega.co.nz", orig_bytes=1_000_000, resp_bytes=2_000)
PASTE = flow(flow_id=2, server_name="transfer.sh", orig_bytes=10_000, resp_bytes=2_000)
ROWS = {"flows": [STORE, PASTE]}


def found(tmp_path, *flows):
    return findings(CloudStorage, tmp_path, {"flows": list(flows)})


def test_store_and_paste_site_are_told_by_their_names(tmp_path):
    store, paste = found(tmp_path, STORE, PASTE)
    assert store.title == (
        "10.0.0.5 left 1.0 MB with MEGA at gfs270n371.userstorage.mega.co.nz (198.51.100.7, registered in US) and took "
        "2.0 kB, on 2026-09-15 at 00:00 UTC"
    )
    assert [(one.severity, one.what, one.attack_id) for one in (store, paste)] == [
        (Severity.LOW, "MEGA", "T1567.002"),
        (Severity.MEDIUM, "transfer.sh", "T1567.003"),
    ]


@pytest.mark.parametrize(
    "one",
    [
        STORE | {"orig_bytes": 999_999},
        STORE | {"resp_bytes": 430_000},
        PASTE | {"orig_bytes": 9_999},
        STORE | {"server_name": "notmega.co.nz.example.org"},
        STORE | {"orig_is_own": False},
    ],
    ids=("little", "taken", "a line", "another name", "not own"),
)
def test_less_or_elsewhere_is_not_told(tmp_path, one):
    assert found(tmp_path, one) == []
