import pytest

from quivive.detectors.http_tunnel import HttpTunnel
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of

OUTSIDE = flow(flow_id=1, resp_port=3128, service="http1", orig_bytes=70_000)
TO_OUTSIDE = row_of(OUTSIDE, method="CONNECT", uri="mail.example.org:443", status_code=200)
INSIDE = flow(flow_id=2, resp_addr="10.0.0.80", resp_port=3128, resp_is_own=True, service="http1")
TO_SSH = row_of(INSIDE, method="CONNECT", uri="shell.example.org:22", status_code=200)
FROM_OUTSIDE = flow(
    flow_id=3, orig_addr="203.0.113.9", orig_is_own=False, orig_registered="RU", resp_addr="10.0.0.80",
    resp_is_own=True, resp_port=1080, service="socks", orig_bytes=10, resp_bytes=5_000,
)  # fmt: skip
SOCKS = row_of(
    FROM_OUTSIDE, socks_command="CONNECT", request_addr="10.0.0.7", request_port=445, socks_reply="succeeded"
)
ROWS = {"flows": [OUTSIDE, INSIDE, FROM_OUTSIDE], "http": [TO_OUTSIDE, TO_SSH], "socks": [SOCKS]}


def found(tmp_path, *flows, **tables):
    return findings(HttpTunnel, tmp_path, {"flows": list(flows)} | tables)


def test_relay_outside_is_told_with_where_it_led(tmp_path):
    (finding,) = found(tmp_path, OUTSIDE, http=[TO_OUTSIDE])
    assert finding.title == (
        "10.0.0.5 went through a relay outside, 198.51.100.7 (registered in US), by HTTP CONNECT, to "
        "mail.example.org:443; 70.0 kB out, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.who, finding.attack_id) == (Severity.MEDIUM, "10.0.0.5", "T1090.002")


def test_own_relay_asked_for_a_shell_is_told(tmp_path):
    (finding,) = found(tmp_path, INSIDE, http=[TO_SSH])
    assert finding.title.startswith(
        "10.0.0.5 asked the relay 10.0.0.80 by HTTP CONNECT for what is not the web, to shell.example.org:22; "
    )
    assert finding.severity == Severity.LOW


def test_relay_here_that_outsiders_use_is_grave(tmp_path):
    (finding,) = found(tmp_path, FROM_OUTSIDE, socks=[SOCKS])
    assert finding.title.startswith(
        "203.0.113.9 (registered in RU) went through the relay 10.0.0.80 here by SOCKS, to 10.0.0.7:445; 5.0 kB out"
    )
    assert (finding.severity, finding.who) == (Severity.HIGH, "10.0.0.80")


@pytest.mark.parametrize(
    "given",
    [
        {"status_code": 403},
        {"status_code": None},
        {"uri": "www.example.org:443"},
        {"uri": "/"},
        {"uri": "/a:22"},
        {"method": "GET"},
    ],
    ids=str,
)
def test_refused_unanswered_and_ordinary_requests_of_an_own_relay_are_not_told(tmp_path, given):
    assert found(tmp_path, INSIDE, http=[TO_SSH | given]) == []
