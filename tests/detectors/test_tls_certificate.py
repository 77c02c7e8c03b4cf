import pytest

from quivive.detectors.tls_certificate import TlsCertificate
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, START_NS, case, findings, flow, row_of

SEALED = flow(flow_id=8, resp_port=4041, resp_registered="CO")


def leaf(of_flow=SEALED, *, sni_matches=None, **given):
    ordinary = {
        "chain_depth": 0, "is_client_certificate": False, "certificate_sha256": "ab" * 32, "is_self_signed": False,
        "certificate_subject": "CN=Server", "certificate_issuer": "CN=Somebody",
        "certificate_not_before": (START_NS - DAY) // 1000, "certificate_not_after": (START_NS + DAY) // 1000,
    }  # fmt: skip
    certificate = row_of(of_flow, **ordinary | given)
    return {
        "flows": [of_flow],
        "certificates": [certificate],
        "tls": [row_of(of_flow, sni_matches_certificate=sni_matches)],
    }


ROWS = leaf(is_self_signed=True)


def test_certificate_that_nobody_vouches_for_is_told(tmp_path):
    (finding,) = findings(TlsCertificate, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 spoke encrypted with 198.51.100.7 (registered in CO) at port 4041, whose certificate is vouched "
        "for by nobody but itself; 900 B out, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids) == (Severity.MEDIUM, (8,))
    assert finding.facts["valid"] == "2026-09-14 to 2026-09-16"


NAMED = SEALED | {"server_name": "www.example.com"}


@pytest.mark.parametrize(
    ("rows", "words", "severity"),
    [
        (leaf(NAMED, is_self_signed=True), "is vouched for by nobody but itself", Severity.LOW),
        (leaf(certificate_not_after=START_NS // 1000 - 1), "had expired", Severity.NOTE),
        (leaf(certificate_not_before=START_NS // 1000 + 1), "was not valid yet", Severity.LOW),
        (leaf(NAMED, sni_matches=False), "is for another name", Severity.NOTE),
    ],
    ids=["self-signed with a name", "expired", "early", "other name"],
)
def test_each_fault_is_named(tmp_path, rows, words, severity):
    (finding,) = findings(TlsCertificate, tmp_path, rows)
    assert words in finding.title
    assert finding.severity == severity


@pytest.mark.parametrize(
    "rows",
    [
        leaf(),
        leaf(NAMED, sni_matches=True),
        leaf(certificate_not_after=START_NS // 1000),
        leaf(is_self_signed=True, chain_depth=2),
        leaf(is_self_signed=True, is_client_certificate=True),
        leaf(SEALED | {"resp_is_own": True}, is_self_signed=True),
        leaf(SEALED | {"orig_is_own": False}, is_self_signed=True),
        leaf(SEALED | {"transport": "udp"}, is_self_signed=True),
    ],
    ids=["good", "right name", "last moment", "root", "client", "own server", "stranger", "media over UDP"],
)
def test_certificates_in_order_and_own_ones_raise_nothing(tmp_path, rows):
    assert findings(TlsCertificate, tmp_path, rows) == []


def test_connections_that_hide_their_certificates_are_counted(tmp_path):
    one = flow()
    with case(tmp_path, {"flows": [one], "tls": [row_of(one, n_certificates=0)]}) as tables:
        assert TlsCertificate().not_judged(tables) == "1 of 1 TLS connections showed no certificate"
