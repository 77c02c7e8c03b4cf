import pytest

from quivive.detectors.anonymity import Anonymity
from quivive.model.finding import Severity
from tests.detectors.case_builder import findings, flow, row_of

TOR = flow(flow_id=1, resp_port=9001, server_name="www.r3kxafqv7d.com", orig_bytes=50_000)
HELLO = row_of(TOR, certificate_subject="CN=www.ab2cdefgh7.net", certificate_issuer="CN=www.zyxw5vutsr.com")
VPN = flow(flow_id=2, transport="udp", resp_port=51820, service="wireguard", orig_bytes=999_999, resp_bytes=9)
PAGE = flow(flow_id=3, server_name="downloads.nordcdn.com")
ROWS = {"flows": [TOR, VPN, PAGE], "tls": [HELLO]}


def found(tmp_path, *flows, tls=()):
    return findings(Anonymity, tmp_path, {"flows": list(flows), "tls": list(tls)})


def test_tor_is_known_by_the_names_its_relays_make_up(tmp_path):
    (finding,) = found(tmp_path, TOR, tls=[HELLO])
    assert finding.title == (
        "10.0.0.5 used Tor with www.r3kxafqv7d.com (198.51.100.7, registered in US): 50.0 kB out, 4.0 kB in, "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.attack_id, finding.flow_ids) == (Severity.MEDIUM, "T1090.003", (1,))


@pytest.mark.parametrize(
    "named",
    [
        {"certificate_subject": "CN=www.example.net"},
        {"certificate_issuer": "CN=R3,O=Let's Encrypt,C=US"},
        {"certificate_subject": "CN=www.ab2cdefgh8.net"},
    ],
    ids=("a word", "a known issuer", "a digit that base32 has not"),
)
def test_other_certificates_are_not_tors(tmp_path, named):
    assert found(tmp_path, TOR, tls=[HELLO | named]) == []


@pytest.mark.parametrize(("sent", "severity"), [(999_999, Severity.NOTE), (1_000_000, Severity.LOW)])
def test_tunnel_is_told_louder_where_it_carries_much(tmp_path, sent, severity):
    (finding,) = found(tmp_path, VPN | {"orig_bytes": sent})
    assert (finding.what, finding.severity) == ("WireGuard", severity)


def test_provider_is_known_by_name(tmp_path):
    assert [finding.what for finding in found(tmp_path, PAGE)] == ["NordVPN"]


@pytest.mark.parametrize("given", [{"confidence": "port only"}, {"resp_bytes": 0}, {"resp_is_own": True}], ids=str)
def test_unanswered_guessed_or_own_tunnels_are_not_told(tmp_path, given):
    assert found(tmp_path, VPN | given) == []
