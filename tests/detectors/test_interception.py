import pytest

from quivive.detectors.interception import Interception
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, HOUR, START_NS, findings, flow, row_of

NAMES = ("www.bank.example", "mail.post.example", "shop.store.example", "a.press.example", "b.school.example")
FLOWS = [flow(flow_id=k, server_name=name) for k, name in enumerate(NAMES, 1)]


def leaf(of_flow, issuer="CN=Gate One", age=HOUR, **given):
    """Return the certificate of a connection."""
    return row_of(
        of_flow, certificate_sha256=f"{of_flow['flow_id']:064x}", chain_depth=0, is_client_certificate=False,
        is_self_signed=False, certificate_issuer=issuer, certificate_not_before=(of_flow["ts_ns"] - age) // 1000,
    ) | given  # fmt: skip


MINTED = [leaf(one) for one in FLOWS]
ROWS = {"flows": FLOWS, "certificates": MINTED}


def found(tmp_path, certificates):
    return findings(Interception, tmp_path, {"flows": FLOWS, "certificates": certificates})


def test_one_issuer_of_fresh_certificates_for_unrelated_places_is_told(tmp_path):
    (finding,) = found(tmp_path, MINTED)
    assert finding.title == (
        "Encryption to 5 domains is opened on the way: 'CN=Gate One' vouches for them all, seen from 10.0.0.5 first, "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.what, finding.flow_ids) == (Severity.MEDIUM, "CN=Gate One", (1, 2, 3, 4, 5))


@pytest.mark.parametrize(
    ("issuer", "severity"), [("CN=mitmproxy,O=mitmproxy", Severity.HIGH), ("O=Fortinet,CN=FG100", Severity.LOW)]
)
def test_known_program_is_told_by_one_certificate(tmp_path, issuer, severity):
    (finding,) = found(tmp_path, [leaf(FLOWS[0], issuer, 90 * DAY)])
    assert finding.severity == severity


def test_four_domains_or_one_older_certificate_are_not_told(tmp_path):
    assert found(tmp_path / "a", MINTED[1:]) == []
    assert found(tmp_path / "b", [*MINTED[1:], leaf(FLOWS[0], age=DAY + 1_000_000)]) == []
    assert len(found(tmp_path / "c", [*MINTED[1:], leaf(FLOWS[0], age=DAY)])) == 1


def test_certificates_that_are_their_own_issuer_are_another_question(tmp_path):
    assert found(tmp_path, [one | {"is_self_signed": True} for one in MINTED]) == []


def test_clock_before_the_certificate_is_not_fresh(tmp_path):
    assert START_NS and found(tmp_path, [leaf(one, age=-HOUR) for one in FLOWS]) == []
