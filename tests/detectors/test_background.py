"""What systems do by themselves, and what goes to nobody or everybody, is no exfiltration to any detector."""

import pytest

from quivive import detectors
from quivive.kit import shelf
from quivive.kit.detector import Detector
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, HOUR, MINUTE, START_NS, capture, case, flow

SHELF = shelf.load(detectors, Detector)
BY_ITSELF = (
    {"server_name": "au.download.windowsupdate.com"},
    {"server_name": "v10.events.data.microsoft.com"},
    {"server_name": "17-courier.push.apple.com", "resp_port": 5223},
    {"server_name": "incoming.telemetry.mozilla.org"},
    {"server_name": "ocsp.digicert.com", "service": "http1", "resp_port": 80},
    {"resp_addr": "239.255.255.250", "service": "ssdp", "transport": "udp", "resp_port": 1900},
    {"resp_addr": "224.0.0.251", "service": "mdns", "transport": "udp", "resp_port": 5353},
    {"resp_addr": "255.255.255.255", "service": None, "transport": "udp", "resp_port": 32412},
    {"resp_addr": "ff02::1:2", "service": "dhcp6", "transport": "udp", "resp_port": 547},
    {"resp_addr": "162.159.200.1", "service": "ntp", "transport": "udp", "resp_port": 123},
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Ten days of such traffic: large, one-sided, regular, by night, and gathered inside before."""
    flows = [
        flow(
            orig_addr=f"10.0.0.{5 + number}", ts_ns=ts_ns, last_ns=ts_ns + HOUR, orig_bytes=15_000_000, resp_bytes=1_000
        )
        | given
        for number, given in enumerate(BY_ITSELF)
        for ts_ns in range(START_NS, START_NS + 10 * DAY, 30 * MINUTE)
    ]
    flows += [
        flow(orig_addr=f"10.0.0.{5 + number}", resp_addr="10.0.0.200", resp_is_own=True, resp_bytes=20_000_000)
        for number in range(len(BY_ITSELF))
    ]
    hosts = [{"host_addr": f"10.0.0.{k}", "is_own": True} for k in range(1, 100)]
    rows = {"flows": flows, "hosts": hosts, "captures": [capture(last_ns=START_NS + 20 * DAY)]}
    read = {name for one in SHELF.values() for name in (*one.reads, *one.reads_one_of, *one.may_read)}
    with case(tmp_path_factory.mktemp("case"), rows, reads=sorted(read)) as opened:
        yield opened


@pytest.mark.parametrize("name", SHELF)
def test_traffic_of_the_system_and_to_groups_is_no_more_than_noted(name, tables):
    found = list(SHELF[name]().run(tables, as_of_ns=START_NS + 20 * DAY))
    assert [finding.title for finding in found if finding.severity > Severity.NOTE] == []
