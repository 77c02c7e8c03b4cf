import pytest

from quivive.detectors.sealed_file import SealedFile
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of

FTP, MAIL, WEB = (flow(flow_id=k, service=name) for k, name in ((1, "ftp"), (2, "smtp"), (3, "http1")))
PUT = row_of(FTP, command="STOR", file_name="prices.gpg", status_code=226)
SENT = row_of(
    MAIL, protocol="smtp", is_orig=True, attachment_names=["a.pdf", "b.7z"], n_attachments=2, mail_bytes=70_000
)
POST = row_of(WEB, method="PUT", uri="/in/list.kdbx?x=1", request_body_bytes=4_000)
ROWS = {"flows": [FTP, MAIL, WEB], "ftp": [PUT], "mails": [SENT], "http": [POST]}


def found(tmp_path, **tables):
    return findings(SealedFile, tmp_path, {"flows": ROWS["flows"]} | tables)


def test_encrypted_file_is_told_with_its_carrier(tmp_path):
    (finding,) = found(tmp_path, ftp=[PUT])
    assert finding.title == (
        "10.0.0.5 sent 1 file of a closed kind to 198.51.100.7 (registered in US) by ftp, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.facts["files"], finding.flow_ids) == (Severity.LOW, "prices.gpg", (1,))


def test_archive_that_may_be_closed_is_only_noted(tmp_path):
    (finding,) = found(tmp_path, mails=[SENT])
    assert (finding.severity, finding.n_bytes, finding.facts["files"]) == (Severity.NOTE, 70_000, "b.7z")


def test_name_is_taken_from_the_address_of_a_web_request(tmp_path):
    (finding,) = found(tmp_path, http=[POST])
    assert (finding.severity, finding.facts["files"]) == (Severity.LOW, "list.kdbx")


@pytest.mark.parametrize(
    "tables",
    [
        {"ftp": [PUT | {"command": "RETR"}]},
        {"ftp": [PUT | {"status_code": 550}]},
        {"ftp": [PUT | {"file_name": "prices.zip"}]},
        {"mails": [SENT | {"is_orig": False}]},
        {"mails": [SENT | {"attachment_names": ["a.pdf", "b.zip"]}]},
        {"http": [POST | {"method": "GET"}]},
        {"http": [POST | {"request_body_bytes": 0}]},
    ],
    ids=("taken", "refused", "plain zip", "received", "plain archive", "asked for", "empty"),
)
def test_what_does_not_leave_or_is_daily_work_is_not_told(tmp_path, tables):
    assert found(tmp_path, **tables) == []
