import pytest

from quivive.detectors.doh import MUCH_BYTES, Doh
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow

ASKED = flow(flow_id=3, server_name="dns.google", resp_addr="8.8.4.4")
ROWS = {"flows": [ASKED]}


def found(tmp_path, **given):
    return findings(Doh, tmp_path, {"flows": [ASKED | given]})


def test_encrypted_look_ups_at_a_known_resolver_are_a_note(tmp_path):
    (finding,) = findings(Doh, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 looked up names at dns.google (8.8.4.4, registered in US) over encryption: 900 B out, 4.0 kB in, "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.visibility, finding.flow_ids) == (Severity.NOTE, 0.0, (3,))


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        ({"server_name": "abc123.dns.nextdns.io", "resp_addr": "203.0.113.1"}, Severity.NOTE),
        ({"server_name": None, "resp_addr": "203.0.113.1", "resp_port": 853}, Severity.NOTE),
        ({"server_name": None, "resp_addr": "203.0.113.1", "resp_port": 853, "service": None}, Severity.NOTE),
        ({"server_name": None, "resp_addr": "1.1.1.1"}, Severity.MEDIUM),
        ({"orig_bytes": MUCH_BYTES, "resp_bytes": MUCH_BYTES + 1}, Severity.LOW),
        ({"orig_bytes": MUCH_BYTES, "resp_bytes": MUCH_BYTES}, Severity.MEDIUM),
        ({"orig_bytes": MUCH_BYTES - 1}, Severity.NOTE),
        ({"service": "quic", "transport": "udp"}, Severity.NOTE),
    ],
)
def test_name_address_or_port_tell_a_resolver(tmp_path, given, severity):
    assert [finding.severity for finding in found(tmp_path, **given)] == [severity]


@pytest.mark.parametrize(
    "harmless",
    [{"server_name": "notdns.google.example", "resp_addr": "203.0.113.1"}, {"service": "dns", "resp_port": 53},
     {"resp_is_own": True}, {"orig_is_own": False}, {"orig_bytes": 0}],
    ids=lambda given: next(iter(given)),
)  # fmt: skip
def test_other_places_and_plain_look_ups_raise_nothing(tmp_path, harmless):
    assert found(tmp_path, **harmless) == []


def test_resolver_called_by_its_address_at_the_port_of_the_web_is_called_a_tunnel(tmp_path):
    (finding,) = found(tmp_path, server_name=None, resp_addr="1.1.1.1", resp_registered="AU")
    assert finding.title == (
        "10.0.0.5 opened what looks like a tunnel to the resolver 1.1.1.1 (registered in AU) over encryption: "
        "900 B out, 4.0 kB in, on 2026-09-15 at 00:00 UTC"
    )
    assert finding.facts["why"] == "a resolver is known at this address, and the client sent no name"
