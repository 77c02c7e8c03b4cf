import pytest

from quivive.detectors.mail_exfiltration import MIN_ATTACHED_BYTES, RELAY_SERVERS, MailExfiltration
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of

SMTP = flow(flow_id=5, service="smtp", resp_port=587, resp_addr="203.0.113.25", resp_registered="NL")
MAIL = {
    "protocol": "smtp",
    "is_orig": True,
    "mail_bytes": 719,
    "n_attachments": 0,
    "mail_subject": "XX_admin/DESKTOP-A1B2C3D",
}
ROWS = {"flows": [SMTP], "mails": [row_of(SMTP, **MAIL)]}


def found(tmp_path, of_flow=SMTP, **mail):
    return findings(MailExfiltration, tmp_path, {"flows": [of_flow], "mails": [row_of(of_flow, **MAIL | mail)]})


def test_mail_that_names_the_machine_is_told(tmp_path):
    (finding,) = findings(MailExfiltration, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 sent out 1 mail whose subject names the machine, 719 B in all, which looks like exfiltration, "
        "through 203.0.113.25 (registered in "
        "NL), on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids, finding.n_bytes) == (Severity.HIGH, (5,), 719)


def test_subject_itself_is_not_repeated(tmp_path):
    (finding,) = findings(MailExfiltration, tmp_path, ROWS)
    assert "XX_admin" not in repr(finding)


@pytest.mark.parametrize("subject", ["DESKTOP-A1B2C3", "Your new desktop-computer", "WIN-WIN situation", None])
def test_other_subjects_raise_nothing(tmp_path, subject):
    assert found(tmp_path, mail_subject=subject) == []


@pytest.mark.parametrize(("size", "n_attachments", "n_found"), [
    (MIN_ATTACHED_BYTES, 1, 1), (MIN_ATTACHED_BYTES - 1, 1, 0), (MIN_ATTACHED_BYTES, 0, 0),
])  # fmt: skip
def test_much_in_attachments_is_told(tmp_path, size, n_attachments, n_found):
    told = found(tmp_path, mail_subject="Minutes", mail_bytes=size, n_attachments=n_attachments)
    assert [finding.severity for finding in told] == [Severity.MEDIUM] * n_found


@pytest.mark.parametrize(("n_servers", "n_found"), [(RELAY_SERVERS - 1, 3), (RELAY_SERVERS, 0)])
def test_mail_server_of_the_organisation_raises_nothing(tmp_path, n_servers, n_found):
    flows = [SMTP | {"flow_id": k, "resp_addr": f"203.0.113.{k}"} for k in range(1, n_servers + 1)]
    mails = [
        row_of(one, **MAIL | {"mail_subject": "Minutes", "mail_bytes": 20_000_000, "n_attachments": 1}) for one in flows
    ]
    assert len(findings(MailExfiltration, tmp_path, {"flows": flows, "mails": mails})) == n_found


@pytest.mark.parametrize("given", [{"resp_is_own": True}, {"orig_is_own": False}])
def test_mail_inside_or_inwards_raises_nothing(tmp_path, given):
    assert found(tmp_path, SMTP | given) == []


def test_fetched_mail_raises_nothing(tmp_path):
    assert found(tmp_path, protocol="imap", is_orig=False) == []
