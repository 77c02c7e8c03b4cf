import pytest

from quivive.detectors.cleartext_login import INNOCENT, MAX_USERS, CleartextLogin
from quivive.model.finding import Finding, Severity
from tests.detectors.case_builder import MINUTE, START_NS, findings, flow, row_of

FTP = flow(
    flow_id=7, resp_addr="203.0.113.9", resp_port=21, service="ftp", resp_registered="NL", orig_bytes=90, resp_bytes=200
)
LOGIN = {
    "protocol": "ftp",
    "user": "depot",
    "login_method": "PASS",
    "secret_mask": "8-15 characters",
    "is_accepted": True,
}
ROWS = {"flows": [FTP], "credentials": [row_of(FTP, **LOGIN)]}


def found(tmp_path, of_flow=FTP, **login):
    return findings(CleartextLogin, tmp_path, {"flows": [of_flow], "credentials": [row_of(of_flow, **LOGIN | login)]})


def test_login_that_leaves_is_told_with_client_server_user_and_answer(tmp_path):
    assert findings(CleartextLogin, tmp_path, ROWS) == [
        Finding(
            title=(
                "10.0.0.5 logged in at 203.0.113.9 (registered in NL) by ftp as user 'depot' with the password "
                "readable on the way, on 2026-09-15 at 00:00 UTC; the server let it in"
            ),
            severity=Severity.HIGH,
            confidence=0.95,
            who="10.0.0.5",
            what="203.0.113.9 ftp depot",
            first_ns=START_NS,
            last_ns=START_NS,
            n_bytes=290,
            flow_ids=(7,),
            innocent=INNOCENT,
            attack_id="T1040",
            facts={
                "how the secret was sent": "PASS",
                "secret": "not stored; 8-15 characters",
                "answer": "the server let it in",
                "log-ins": "1 attempt",
                "port": "21",
                "left the own networks": "yes",
            },
        )
    ]


@pytest.mark.parametrize(
    ("is_accepted", "words", "severity"),
    [
        (True, "the server let it in", Severity.HIGH),
        (None, "the server's answer was not seen", Severity.HIGH),
        (False, "the server refused it", Severity.MEDIUM),
    ],
)
def test_answer_of_the_server_is_said(tmp_path, is_accepted, words, severity):
    (finding,) = found(tmp_path, is_accepted=is_accepted)
    assert finding.title.endswith(words)
    assert finding.severity == severity


@pytest.mark.parametrize("user", ["anonymous", "Guest", "ftp"])
def test_login_that_is_open_to_all_is_a_note(tmp_path, user):
    (finding,) = found(tmp_path, user=user)
    assert finding.severity == Severity.NOTE


@pytest.mark.parametrize(("is_own", "severity"), [(True, Severity.LOW), (False, Severity.HIGH)])
def test_community_of_snmp_matters_less_inside(tmp_path, is_own, severity):
    (finding,) = found(tmp_path, flow(service="snmp", resp_is_own=is_own), protocol="snmp", user=None)
    assert finding.severity == severity
    assert "by snmp without a user name" in finding.title


def test_login_inside_the_own_networks_matters_less(tmp_path):
    (finding,) = found(tmp_path, flow(resp_addr="10.0.0.9", resp_is_own=True, resp_registered=None))
    assert finding.severity == Severity.MEDIUM
    assert "registered" not in finding.title


def test_logins_of_one_user_at_one_server_are_one_finding(tmp_path):
    flows = [flow(flow_id=k, ts_ns=START_NS + k * MINUTE, orig_bytes=10, resp_bytes=0) for k in (1, 2, 3)]
    rows = {"flows": flows, "credentials": [row_of(one, **LOGIN) for one in flows for _ in range(2)]}
    (finding,) = findings(CleartextLogin, tmp_path, rows)
    assert finding.flow_ids == (1, 2, 3)
    assert finding.n_bytes == 30
    assert "6 times" in finding.title


@pytest.mark.parametrize(("n_users", "n_findings"), [(MAX_USERS, MAX_USERS), (MAX_USERS + 1, 1)])
def test_many_users_of_one_client_become_one_finding(tmp_path, n_users, n_findings):
    rows = [row_of(FTP, **LOGIN | {"user": f"user{k}", "is_accepted": k == 5}) for k in range(n_users)]
    told = findings(CleartextLogin, tmp_path, {"flows": [FTP], "credentials": rows})
    assert len(told) == n_findings
    if n_findings == 1:
        assert told[0].title.startswith("10.0.0.5 tried 9 user names at 203.0.113.9")
        assert "accepted: 'user5'" in told[0].title


def test_nothing_is_found_where_nobody_logged_in(tmp_path):
    assert findings(CleartextLogin, tmp_path, {"flows": [FTP]}) == []
