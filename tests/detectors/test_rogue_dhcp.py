import pytest

from quivive.detectors.rogue_dhcp import RogueDhcp
from quivive.model.finding import Severity
from tests.detectors.case_builder import SECOND, START_NS, findings, flow, row_of

CLIENT = "aa:00:00:00:00:05"


def offer(flow_id, server, *, at_s=0, vlan_id=None, **given):
    ordinary = {"dhcp_message": "OFFER", "client_mac": CLIENT, "dhcp_server_addr": server, "routers": ["10.0.0.1"]}
    of_flow = flow(
        flow_id=flow_id, service="dhcp", transport="udp", orig_addr=server, resp_addr="255.255.255.255",
        vlan_id=vlan_id, ts_ns=START_NS + at_s * SECOND, resp_registered=None,
    )  # fmt: skip
    return of_flow, row_of(of_flow, **ordinary | {"name_servers": ["10.0.0.1"]} | given)


def case_of(*offers):
    return {"flows": [of_flow for of_flow, _ in offers], "dhcp": [row for _, row in offers]}


ROWS = case_of(offer(1, "10.0.0.1"), offer(2, "10.0.0.66", at_s=1, routers=["10.0.0.66"]))


def test_second_server_that_sends_clients_another_way_is_high(tmp_path):
    (finding,) = findings(RogueDhcp, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.66 hands out addresses beside 10.0.0.1, to 1 machine of its, and sends them by other routers or name "
        "servers, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.who, finding.flow_ids) == (Severity.HIGH, "10.0.0.66", (2,))
    assert finding.facts["routers"] == "10.0.0.66"


def test_second_server_that_says_the_same_is_low(tmp_path):
    told = findings(RogueDhcp, tmp_path, case_of(offer(1, "10.0.0.1"), offer(2, "10.0.0.2", at_s=1)))
    assert [finding.severity for finding in told] == [Severity.LOW]


@pytest.mark.parametrize(
    "second",
    [
        offer(2, "10.0.0.1", at_s=1),
        offer(2, "10.0.0.66", at_s=1, vlan_id=7),
        offer(2, "10.0.0.66", at_s=1, client_mac="aa:00:00:00:00:06"),
        offer(2, "10.0.0.66", at_s=1, relay_addr="10.0.9.1"),
        offer(2, "10.0.0.66", at_s=1, dhcp_message="NAK"),
    ],
    ids=["same server", "other network", "other client", "relayed", "refusal"],
)
def test_what_is_no_rival_raises_nothing(tmp_path, second):
    assert findings(RogueDhcp, tmp_path, case_of(offer(1, "10.0.0.1"), second)) == []
