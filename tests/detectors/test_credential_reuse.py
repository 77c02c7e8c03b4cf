import pytest

from quivive.detectors.credential_reuse import CredentialReuse
from quivive.model.finding import Severity
from tests.detectors.case_builder import HOUR, MINUTE, START_NS, findings, flow, row_of


def uses(n_machines=5, user="j.moreau", **given):
    """Return one account at work on machines, a minute apart."""
    flows = [
        flow(flow_id=k, ts_ns=START_NS + k * MINUTE, orig_addr=f"10.0.0.{k}", resp_addr="10.0.0.200", resp_is_own=True)
        for k in range(1, n_machines + 1)
    ]
    return flows, [row_of(one, protocol="ftp", user=user, is_accepted=True) | given for one in flows]


FLOWS, LOGINS = uses()
NTLM = [
    row_of(one, protocol="ntlm", user="J.Moreau", identity_kind="user", identity_addr=one["orig_addr"]) for one in FLOWS
]
ROWS = {"flows": FLOWS, "credentials": LOGINS}


def found(tmp_path, flows, logins, identities=()):
    rows = {"flows": flows, "credentials": logins, "identities": list(identities)}
    return findings(CredentialReuse, tmp_path, rows)


def test_account_on_five_machines_within_an_hour_is_told(tmp_path):
    (finding,) = found(tmp_path, *uses())
    assert finding.title == (
        "The account 'j.moreau' was at work on 5 machines within an hour (ftp), on 2026-09-15 from 00:01 to 00:05 UTC"
    )
    assert (finding.severity, finding.who, finding.flow_ids) == (Severity.LOW, "10.0.0.1", (1, 2, 3, 4, 5))


def test_names_that_other_protocols_tell_count_as_well(tmp_path):
    (finding,) = found(tmp_path, FLOWS, LOGINS[:3], NTLM[2:])
    assert "(ftp, ntlm)" in finding.title


def test_twenty_machines_are_more_urgent(tmp_path):
    assert found(tmp_path / "a", *uses(19))[0].severity == Severity.LOW
    assert found(tmp_path / "b", *uses(20))[0].severity == Severity.MEDIUM


@pytest.mark.parametrize(
    ("flows", "logins"),
    [
        uses(4),
        uses(user="anonymous"),
        uses(user="HOST7$"),
        uses(user=None),
        uses(protocol="snmp"),
        uses(is_accepted=False),
    ],
    ids=("four", "open to all", "machine account", "no name", "community", "refused"),
)
def test_fewer_shared_and_refused_ones_are_not_told(tmp_path, flows, logins):
    assert found(tmp_path, flows, logins) == []


def test_machines_of_other_hours_are_not_added_up(tmp_path):
    flows, logins = uses()
    logins[0]["ts_ns"] -= HOUR
    assert found(tmp_path, flows, logins) == []
