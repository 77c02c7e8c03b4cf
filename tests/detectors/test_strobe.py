import pytest

from quivive.detectors.strobe import HOUR_CONNECTIONS, Strobe
from quivive.model.finding import Severity
from tests.detectors.case_builder import SECOND, START_NS, findings, flow

EVERY_SECOND = [flow(flow_id=k, ts_ns=START_NS + k * SECOND) for k in range(HOUR_CONNECTIONS)]
ROWS = {"flows": EVERY_SECOND}


def test_connection_every_second_is_told_once(tmp_path):
    (finding,) = findings(Strobe, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 connected to 198.51.100.7 (registered in US) 3,600 times, up to 3,600 an hour, "
        "on 2026-09-15 from 00:00 to 01:00 UTC"
    )
    assert (finding.severity, finding.what, finding.n_bytes) == (Severity.MEDIUM, "198.51.100.7", 3_240_000)


def test_one_less_in_the_hour_is_no_strobe(tmp_path):
    assert findings(Strobe, tmp_path, {"flows": EVERY_SECOND[1:]}) == []


@pytest.mark.parametrize("harmless", [{"service": "dns"}, {"resp_is_own": True}, {"orig_is_own": False}], ids=str)
def test_questions_and_own_networks_raise_nothing(tmp_path, harmless):
    assert findings(Strobe, tmp_path, {"flows": [one | harmless for one in EVERY_SECOND]}) == []
