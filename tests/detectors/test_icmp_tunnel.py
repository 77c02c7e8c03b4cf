import pytest

from quivive.detectors.icmp_tunnel import LARGE_BYTES, MIN_DIFFERING, MIN_LARGE, IcmpTunnel
from quivive.model.finding import Severity
from tests.detectors.case_builder import SECOND, START_NS, findings, flow, row_of

PING = flow(flow_id=9, service="icmp", transport="icmp", orig_port=8, resp_port=0)


def pings(n, *, answer=lambda k: f"{k:016x}", n_bytes=56, of_flow=PING):
    rows = []
    for k in range(n):
        for is_request, digest in ((True, f"{k:016x}"), (False, answer(k))):
            if digest:
                kind = {"is_orig": is_request, "icmp_type": 8 if is_request else 0, "icmp_seq": k, "icmp_echo_id": 1}
                data = {"payload_bytes": n_bytes, "payload_digest": digest, "ts_ns": START_NS + k * SECOND}
                rows.append(row_of(of_flow, **kind | data))
    return {"flows": [of_flow], "icmp": rows}


ROWS = pings(20, answer=lambda k: f"{k + 1000:016x}")


def test_answers_that_do_not_repeat_the_question_are_a_tunnel(tmp_path):
    (finding,) = findings(IcmpTunnel, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 and 198.51.100.7 (registered in US) exchanged 2.2 kB in a tunnel of pings: answers that do not "
        "repeat the question, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.flow_ids, finding.n_bytes) == (Severity.HIGH, (9,), 2_240)


@pytest.mark.parametrize(("n", "n_found"), [(MIN_DIFFERING, 1), (MIN_DIFFERING - 1, 0)])
def test_few_odd_answers_are_damage(tmp_path, n, n_found):
    assert len(findings(IcmpTunnel, tmp_path, pings(n, answer=lambda k: "odd"))) == n_found


def test_ordinary_pings_raise_nothing(tmp_path):
    assert findings(IcmpTunnel, tmp_path, pings(500)) == []


def test_pings_without_answers_raise_nothing(tmp_path):
    assert findings(IcmpTunnel, tmp_path, pings(500, answer=lambda k: None)) == []


@pytest.mark.parametrize(("n", "n_bytes", "n_found"), [
    (MIN_LARGE, LARGE_BYTES, 1), (MIN_LARGE - 1, LARGE_BYTES, 0), (MIN_LARGE, LARGE_BYTES - 1, 0),
])  # fmt: skip
def test_large_pings_to_outside_are_low(tmp_path, n, n_bytes, n_found):
    told = findings(IcmpTunnel, tmp_path, pings(n, n_bytes=n_bytes))
    assert [finding.severity for finding in told] == [Severity.LOW] * n_found
    inside = flow(resp_is_own=True, resp_addr="10.0.0.9")
    assert findings(IcmpTunnel, tmp_path / "inside", pings(n, n_bytes=n_bytes, of_flow=inside)) == []
