import pytest

from quivive.detectors.long_connection import MIN_SENT_BYTES, LongConnection
from quivive.model.finding import Severity
from tests.detectors.case_builder import HOUR, START_NS, findings, flow

LONG = flow(flow_id=2, last_ns=START_NS + 13 * HOUR, service=None, server_name="a.example")
ROWS = {"flows": [LONG]}


def found(tmp_path, **given):
    return findings(LongConnection, tmp_path, {"flows": [LONG | given]})


def test_long_connection_is_told_with_its_duration(tmp_path):
    (finding,) = findings(LongConnection, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 kept a connection to a.example (198.51.100.7, registered in US) open for 13 h 0 min, sending 900 B "
        "and taking 4.0 kB, on 2026-09-15 from 00:00 to 13:00 UTC"
    )
    assert (finding.severity, finding.score, finding.flow_ids) == (Severity.LOW, 100.0, (2,))


@pytest.mark.parametrize(("hours", "score"), [(12, 100.0), (11.99, 80.0), (8, 80.0), (7.99, 40.0), (4, 40.0)])
def test_class_follows_the_hours(tmp_path, hours, score):
    assert [finding.score for finding in found(tmp_path, last_ns=START_NS + int(hours * HOUR))] == [score]


def test_less_than_four_hours_is_not_told(tmp_path):
    assert found(tmp_path, last_ns=START_NS + 4 * HOUR - 1) == []


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        ({"service": "mqtt"}, Severity.NOTE),
        ({"service": "tls", "orig_bytes": MIN_SENT_BYTES, "resp_bytes": 9}, Severity.LOW),
        ({"service": "tls", "orig_bytes": MIN_SENT_BYTES - 1, "resp_bytes": 9}, Severity.NOTE),
        ({"last_ns": START_NS + 11 * HOUR}, Severity.NOTE),
    ],
)
def test_subscription_is_a_note(tmp_path, given, severity):
    assert [finding.severity for finding in found(tmp_path, **given)] == [severity]


@pytest.mark.parametrize(
    "harmless",
    [{"resp_is_own": True}, {"orig_is_own": False}, {"resp_packets": 0}, {"service": "ntp"}, {"resp_addr": "239.1.1.1"},
     {"server_name": "client.push.apple.com"}],
    ids=lambda given: next(iter(given)),
)  # fmt: skip
def test_inside_one_sided_and_known_services_raise_nothing(tmp_path, harmless):
    assert found(tmp_path, **harmless) == []
