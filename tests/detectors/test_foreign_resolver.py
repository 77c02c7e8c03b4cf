import pytest

from quivive.detectors.foreign_resolver import ForeignResolver
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of


def asking(flow_id, n=20, **given):
    """Return a flow to a resolver, and its questions."""
    one = flow(
        **{
            "flow_id": flow_id,
            "resp_addr": "8.8.8.8",
            "resp_port": 53,
            "transport": "udp",
            "service": "dns",
            "orig_packets": n,
        }
        | given
    )
    return one, [row_of(one, query=f"n{k}.example", is_response=False, message_bytes=40) for k in range(n)]


def usual(n_hosts=9):
    """Return hosts that ask the resolver of the organisation's provider."""
    return [asking(100 + k, n=1, orig_addr=f"10.0.1.{k}", resp_addr="192.0.2.53") for k in range(n_hosts)]


OFFER_FLOW = flow(flow_id=90, transport="udp", service="dhcp", resp_is_own=True, resp_addr="10.0.0.5")
OFFER = row_of(OFFER_FLOW, dhcp_message="ACK", name_servers=["10.0.0.53"])
ODD, QUESTIONS = asking(1)
ROWS = {"flows": [ODD, OFFER_FLOW], "dns": QUESTIONS, "dhcp": [OFFER]}


def found(tmp_path, *asked, dhcp=()):
    flows, dns = [one for one, _ in asked], [row for _, rows in asked for row in rows]
    return findings(ForeignResolver, tmp_path, {"flows": [*flows, OFFER_FLOW], "dns": dns, "dhcp": list(dhcp)})


def test_resolver_other_than_the_one_told_is_noted(tmp_path):
    (finding,) = found(tmp_path, asking(1), dhcp=[OFFER])
    assert finding.title == (
        "10.0.0.5 looked up 20 names at 8.8.8.8 (registered in US), past the name servers of this network, "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids, finding.facts["usual here"]) == (Severity.NOTE, (1,), "10.0.0.53")


def test_resolver_that_most_hosts_ask_is_the_usual_one(tmp_path):
    (finding,) = found(tmp_path, asking(1), *usual())
    assert (finding.what, finding.facts["usual here"]) == ("8.8.8.8", "192.0.2.53")


@pytest.mark.parametrize(
    ("asked", "dhcp"),
    [
        ([asking(1, n=19)], [OFFER]),
        ([asking(1)], []),
        ([asking(1), *usual(8)], []),
        ([asking(1, resp_addr="10.0.0.54", resp_is_own=True)], [OFFER]),
        ([asking(1)], [OFFER | {"name_servers": ["8.8.8.8"]}]),
        ([asking(1), asking(2, orig_addr="10.0.0.6", resp_addr="10.0.0.5", resp_is_own=True)], [OFFER]),
        ([asking(1, resp_addr="224.0.0.251")], [OFFER]),
    ],
    ids=("few questions", "nobody told", "few hosts", "inside", "told", "a resolver itself", "group"),
)
def test_few_questions_and_usual_servers_are_not_told(tmp_path, asked, dhcp):
    assert found(tmp_path, *asked, dhcp=dhcp) == []
