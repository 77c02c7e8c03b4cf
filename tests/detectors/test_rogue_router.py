import pytest

from quivive.detectors.rogue_router import RogueRouter
from quivive.model.finding import Severity
from tests.detectors.case_builder import MINUTE, START_NS, findings, flow, row_of


def router(flow_id, addr, mac, **given):
    """Return the flow of a router's advertisement, and the advertisement."""
    one = flow(
        flow_id=flow_id, ts_ns=START_NS + flow_id * MINUTE, orig_addr=addr, orig_mac=mac, resp_addr="ff02::1",
        transport="icmp", service="icmp", orig_is_own=False,
    )  # fmt: skip
    return one, row_of(one, icmp_type=134, router_lifetime_s=1800, prefixes=["2001:db8:1::/64"]) | given


KNOWN = router(1, "fe80::1", "3c:00:00:00:00:01")
RIVAL = router(2, "fe80::bad", "3c:00:00:00:00:02", prefixes=["2001:db8:bad::/64"], name_servers=["2001:db8:bad::53"])
ROWS = {"flows": [KNOWN[0], RIVAL[0]], "icmp": [KNOWN[1], RIVAL[1]]}


def found(tmp_path, *routers):
    return findings(RogueRouter, tmp_path, {"flows": [one for one, _ in routers], "icmp": [row for _, row in routers]})


def test_later_router_with_other_networks_is_told(tmp_path):
    (finding,) = found(tmp_path, KNOWN, RIVAL)
    assert finding.title == (
        "fe80::bad offers itself as a router beside fe80::1 and announces other networks or name servers, "
        "on 2026-09-15 at 00:02 UTC"
    )
    assert (finding.severity, finding.who, finding.score) == (Severity.MEDIUM, "fe80::bad", 80.0)


def test_second_router_of_the_same_networks_is_only_noted(tmp_path):
    (finding,) = found(tmp_path, KNOWN, router(2, "fe80::2", "3c:00:00:00:00:02"))
    assert finding.severity == Severity.NOTE


@pytest.mark.parametrize(
    "rival",
    [
        router(2, "fe80::bad", "3c:00:00:00:00:02", router_lifetime_s=0),
        router(2, "fe80::bad", "3c:00:00:00:00:01", prefixes=["2001:db8:2::/64"]),
        router(2, "fe80::bad", "00:00:5e:00:02:07", prefixes=["2001:db8:2::/64"]),
        router(2, "fe80::1", "3c:00:00:00:00:02", prefixes=["2001:db8:2::/64"]),
        router(2, "fe80::bad", "3c:00:00:00:00:02", icmp_type=133),
    ],
    ids=("withdraws", "same card", "shared by design", "same address", "asks only"),
)
def test_withdrawals_and_the_same_router_are_not_told(tmp_path, rival):
    assert found(tmp_path, KNOWN, rival) == []


@pytest.mark.parametrize(("n_redirects", "n_found"), [(3, 1), (2, 0)])
def test_machine_that_redirects_to_another_is_told_from_three_on(tmp_path, n_redirects, n_found):
    redirects = [
        router(k, "10.0.0.66", "3c:00:00:00:00:09", icmp_type=5, gateway_addr="10.0.0.77")
        for k in range(1, n_redirects + 1)
    ]
    assert [finding.what for finding in found(tmp_path, *redirects)] == ["way by 10.0.0.77"] * n_found


def test_redirect_to_itself_is_no_redirect(tmp_path):
    redirects = [router(k, "10.0.0.66", None, icmp_type=5, gateway_addr="10.0.0.66") for k in range(1, 4)]
    assert found(tmp_path, *redirects) == []
