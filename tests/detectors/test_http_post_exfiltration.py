import pytest

from quivive.detectors.http_post_exfiltration import (
    MIN_DAY_BYTES,
    MIN_HIDDEN_BYTES,
    HttpPostExfiltration,
    is_nameless,
)
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of

WEB = flow(flow_id=6, service="http1", resp_port=80, resp_registered="GB")
POST = {
    "method": "POST", "host": "shop.duckdns.org", "request_body_bytes": 460, "response_body_bytes": 50,
    "is_request_whole": True, "user_agent": "agent/1",
}  # fmt: skip
ROWS = {"flows": [WEB], "http": [row_of(WEB, **POST)]}


def found(tmp_path, of_flow=WEB, **post):
    return findings(HttpPostExfiltration, tmp_path, {"flows": [of_flow], "http": [row_of(of_flow, **POST | post)]})


def test_little_to_a_nameless_place_is_told(tmp_path):
    (finding,) = findings(HttpPostExfiltration, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 handed 460 B to shop.duckdns.org (198.51.100.7, registered in GB) in 1 web request and took 50 B, "
        "which looks like exfiltration, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids, finding.n_bytes) == (Severity.MEDIUM, (6,), 460)
    assert finding.visibility == 1.0


@pytest.mark.parametrize(("size", "n_found"), [(MIN_HIDDEN_BYTES, 1), (MIN_HIDDEN_BYTES - 1, 0)])
def test_sign_of_life_is_too_little(tmp_path, size, n_found):
    assert len(found(tmp_path, request_body_bytes=size)) == n_found


@pytest.mark.parametrize(("size", "n_found"), [(MIN_DAY_BYTES, 1), (MIN_DAY_BYTES - 1, 0)])
def test_much_to_a_named_place_is_told(tmp_path, size, n_found):
    assert len(found(tmp_path, host="www.example.com", request_body_bytes=size)) == n_found


@pytest.mark.parametrize(
    "harmless",
    [
        {"host": "www.example.com"},
        {"referrer": "http://198.51.100.7/form"},
        {"http_origin": "http://198.51.100.7"},
        {"response_body_bytes": 460},
        {"method": "GET"},
        {"host": "v10.events.data.microsoft.com", "request_body_bytes": 9_000_000},
    ],
    ids=lambda given: next(iter(given)),
)
def test_pages_answers_and_known_services_raise_nothing(tmp_path, harmless):
    assert found(tmp_path, **harmless) == []


@pytest.mark.parametrize("given", [{"resp_is_own": True}, {"orig_is_own": False}])
def test_requests_inside_or_inwards_raise_nothing(tmp_path, given):
    assert found(tmp_path, WEB | given) == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [("192.0.2.1", True), ("192.0.2.1:8080", True), ("[2001:db8::1]:80", True), ("2001:db8::1", True),
     ("a.ngrok-free.app", True), ("duckdns.org", True), ("www.example.com:80", False), ("notduckdns.org", False),
     ("", False)],
)  # fmt: skip
def test_places_without_a_name_of_their_own_are_known(host, expected):
    assert is_nameless(host) is expected
