import pytest

from quivive.detectors.protocol_on_foreign_port import ProtocolOnForeignPort
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow

HIDDEN = flow(flow_id=3, service="ssh", confidence="pattern", resp_port=443)
ROWS = {"flows": [HIDDEN]}


def found(tmp_path, **given):
    return findings(ProtocolOnForeignPort, tmp_path, {"flows": [HIDDEN | given]})


def test_shell_on_the_webs_port_is_told(tmp_path):
    (finding,) = findings(ProtocolOnForeignPort, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 spoke ssh with 198.51.100.7 (registered in US) at port 443, where tls is expected: 900 B out, "
        "4.0 kB in, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.what, finding.flow_ids) == (Severity.MEDIUM, "198.51.100.7:443", (3,))


@pytest.mark.parametrize(
    ("given", "severity"),
    [({"service": "dns"}, Severity.NOTE), ({"service": "http1", "resp_port": 53}, Severity.MEDIUM)],
)
def test_harmless_protocols_matter_less_but_not_at_the_name_services_port(tmp_path, given, severity):
    assert [finding.severity for finding in found(tmp_path, **given)] == [severity]


@pytest.mark.parametrize(
    "harmless",
    [{"service": "tls"}, {"resp_port": 2222}, {"confidence": "port only"}, {"service": None}, {"resp_bytes": 0},
     {"resp_is_own": True}, {"orig_is_own": False}],
    ids=str,
)  # fmt: skip
def test_protocols_at_home_unknown_or_unanswered_raise_nothing(tmp_path, harmless):
    assert found(tmp_path, **harmless) == []
