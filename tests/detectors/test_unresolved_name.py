import pytest

from quivive.detectors.unresolved_name import UnresolvedName
from quivive.model.finding import Severity
from tests.detectors.case_builder import DAY, HOUR, START_NS, case, findings, flow, row_of

RESOLVER = {"resp_addr": "10.0.0.53", "resp_is_own": True, "resp_port": 53, "transport": "udp", "service": "dns"}
LATER = START_NS + DAY + HOUR


def named(n_names=19):
    """Return a day's first question, and names that were looked up and called after it."""
    first = flow(flow_id=1, **RESOLVER)
    flows, dns = [first], [row_of(first, query="start.example", is_response=False)]
    for k in range(n_names):
        asked = flow(flow_id=10 + k, ts_ns=LATER, last_ns=LATER, **RESOLVER)
        flows += [asked, flow(flow_id=100 + k, ts_ns=LATER, last_ns=LATER + 1, server_name=f"w{k}.example")]
        dns.append(row_of(asked, query=f"w{k}.example", is_response=False))
    return flows, dns


HIDDEN = flow(
    flow_id=500, ts_ns=LATER, last_ns=LATER, server_name="front.example.net", orig_bytes=1_000_000, resp_bytes=9_000
)
FLOWS, DNS = named()
ROWS = {"flows": [*FLOWS, HIDDEN], "dns": DNS}


def found(tmp_path, hidden=HIDDEN, n_names=19):
    flows, dns = named(n_names)
    return findings(UnresolvedName, tmp_path, {"flows": [*flows, hidden], "dns": dns})


def test_name_that_was_never_looked_up_is_told(tmp_path):
    (finding,) = found(tmp_path)
    assert finding.title == (
        "10.0.0.5 called front.example.net (198.51.100.7, registered in US) without having looked the name up, and "
        "sent 1.0 MB, on 2026-09-16 at 01:00 UTC"
    )
    assert (finding.severity, finding.what, finding.flow_ids) == (Severity.LOW, "front.example.net", (500,))


def test_long_connection_counts_as_much_sent_does(tmp_path):
    assert len(found(tmp_path, HIDDEN | {"orig_bytes": 10, "last_ns": LATER + HOUR})) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"orig_bytes": 999_999},
        {"resp_bytes": 430_000},
        {"ts_ns": START_NS + DAY - 1},
        {"server_name": "swcdn.apple.com"},
        {"server_name": "w3.example"},
        {"orig_addr": "10.0.0.6"},
        {"orig_bytes": 10, "last_ns": LATER + HOUR - 1},
    ],
    ids=("little", "taken", "early", "system", "looked up", "host without look-ups", "short"),
)
def test_little_early_and_harmless_ones_are_not_told(tmp_path, given):
    assert found(tmp_path, HIDDEN | given) == []


def test_host_of_few_names_is_not_judged(tmp_path):
    assert found(tmp_path, n_names=18) == []


def test_less_than_a_day_of_look_ups_cannot_be_judged(tmp_path):
    with case(tmp_path, {"flows": FLOWS[:1], "dns": DNS[:1]}) as tables:
        assert UnresolvedName().not_judged(tables) == "less than a day of look-ups seen: answers may be older"
