import pytest

from quivive.detectors.ftp_upload import MUCH_BYTES, FtpUpload
from quivive.model.finding import Severity
from tests.detectors.case_builder import MINUTE, SECOND, START_NS, findings, flow, row_of

SERVER = "203.0.113.9"
FTP = flow(flow_id=1, service="ftp", resp_port=21, resp_addr=SERVER, resp_registered="NL", last_ns=START_NS + MINUTE)
DATA = flow(
    flow_id=2, service=None, resp_port=40_001, resp_addr=SERVER, ts_ns=START_NS + SECOND, orig_bytes=5_000, resp_bytes=0
)
PUT = {"command": "STOR", "file_name": "orders.csv", "status_code": 226, "data_addr": SERVER, "data_port": 40_001}
ROWS = {"flows": [FTP, DATA], "ftp": [row_of(FTP, **PUT)]}


def found(tmp_path, of_flow=FTP, data=DATA, **put):
    return findings(FtpUpload, tmp_path, {"flows": [of_flow, data], "ftp": [row_of(of_flow, **PUT | put)]})


def test_file_put_outside_is_told_with_what_its_data_connection_carried(tmp_path):
    (finding,) = findings(FtpUpload, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 put 1 file, 5.0 kB, on 203.0.113.9 (registered in NL) by FTP, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids, finding.n_bytes) == (Severity.LOW, (1, 2), 5_000)
    assert finding.facts["files"] == "orders.csv"


def test_active_data_connection_counts_what_the_own_host_sent(tmp_path):
    back = {"orig_addr": SERVER, "resp_addr": "10.0.0.5", "orig_is_own": False, "resp_is_own": True}
    data = DATA | back | {"orig_bytes": 0, "resp_bytes": 7_000}
    (finding,) = found(tmp_path, data=data, data_addr="10.0.0.5")
    assert finding.n_bytes == 7_000


def test_size_that_was_not_seen_is_said(tmp_path):
    (finding,) = found(tmp_path, data_port=None)
    assert "of a size that was not seen" in finding.title


@pytest.mark.parametrize(("size", "severity"), [(MUCH_BYTES, Severity.MEDIUM), (MUCH_BYTES - 1, Severity.LOW)])
def test_much_is_medium(tmp_path, size, severity):
    assert [finding.severity for finding in found(tmp_path, data=DATA | {"orig_bytes": size})] == [severity]


def test_file_named_after_the_machine_is_high(tmp_path):
    (finding,) = found(tmp_path, file_name="XX_admin-DESKTOP-A1B2C3D_2026_09_15.html")
    assert finding.severity == Severity.HIGH


@pytest.mark.parametrize("put", [{"command": "RETR"}, {"status_code": 550}])
def test_files_fetched_or_refused_raise_nothing(tmp_path, put):
    assert found(tmp_path, **put) == []


@pytest.mark.parametrize("given", [{"resp_is_own": True}, {"orig_is_own": False}])
def test_files_inside_or_inwards_raise_nothing(tmp_path, given):
    assert found(tmp_path, FTP | given) == []
