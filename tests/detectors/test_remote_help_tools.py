import pytest

from quivive.detectors.remote_help_tools import MUCH_BYTES, RemoteHelpTools
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of

HELP = flow(flow_id=3, server_name="router7.teamviewer.com")
ROWS = {"flows": [HELP]}


def found(tmp_path, **given):
    return findings(RemoteHelpTools, tmp_path, {"flows": [HELP | given]})


def test_tool_is_told_by_the_name_it_calls(tmp_path):
    (finding,) = findings(RemoteHelpTools, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 used TeamViewer: it talked to router7.teamviewer.com (198.51.100.7, registered in US), 900 B out, "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.what, finding.flow_ids) == (Severity.LOW, "TeamViewer", (3,))


@pytest.mark.parametrize(
    ("given", "tool"),
    [({"server_name": "tunnel.us.ngrok.com"}, "ngrok"), ({"server_name": None, "app": "RustDesk"}, "RustDesk"),
     ({"server_name": None, "service": "rdp"}, "Remote Desktop (RDP)"),
     ({"server_name": "region1.v2.argotunnel.com"}, "Cloudflare Tunnel")],
)  # fmt: skip
def test_tools_are_known_by_name_service_or_application(tmp_path, given, tool):
    assert [finding.what for finding in found(tmp_path, **given)] == [tool]


def test_tool_is_told_by_its_servers_certificate(tmp_path):
    silent = HELP | {"server_name": None}
    rows = {"flows": [silent], "tls": [row_of(silent, certificate_subject="CN=AnyNet Relay,O=x")]}
    assert [finding.what for finding in findings(RemoteHelpTools, tmp_path, rows)] == ["AnyDesk"]


@pytest.mark.parametrize(("size", "severity"), [(MUCH_BYTES, Severity.MEDIUM), (MUCH_BYTES - 1, Severity.LOW)])
def test_much_is_medium(tmp_path, size, severity):
    assert [finding.severity for finding in found(tmp_path, orig_bytes=size)] == [severity]


def test_session_from_outside_counts_what_it_took(tmp_path):
    inwards = {
        "orig_addr": "203.0.113.4", "orig_is_own": False, "orig_registered": "RU", "resp_addr": "10.0.0.5",
        "resp_is_own": True, "service": "rdp", "server_name": None,
    }  # fmt: skip
    (finding,) = found(tmp_path, **inwards)
    assert finding.title.startswith(
        "203.0.113.4 (registered in RU) reached 10.0.0.5 from outside by Remote Desktop (RDP), 4.0 kB out"
    )
    assert (finding.who, finding.severity) == ("10.0.0.5", Severity.MEDIUM)


@pytest.mark.parametrize(
    "harmless",
    [{"server_name": "notteamviewer.com"}, {"server_name": "teamviewer.com.example.org"}, {"resp_bytes": 0},
     {"resp_is_own": True}, {"orig_is_own": False}],
    ids=str,
)  # fmt: skip
def test_other_names_unanswered_calls_and_own_networks_raise_nothing(tmp_path, harmless):
    assert found(tmp_path, **harmless) == []
