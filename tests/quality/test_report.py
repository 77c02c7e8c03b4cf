"""The page says what was found, of how many."""

from quality.report import page
from quality.truth import Verdict
from quivive.model.finding import Severity

VERDICT = Verdict(
    "tiny", 50.0, 1_000,
    told={"ICMP tunnel": [True, False]}, right={"upload": [Severity.HIGH]},
    wrong={"upload": [Severity.LOW, Severity.HIGH], "dns_tunnel": [Severity.MEDIUM]},
)  # fmt: skip


def test_page_holds_the_figures():
    lines = page([VERDICT], {"ICMP tunnel": 2.5}, chosen_on=1, seeds=(2,)).splitlines()
    assert "| false alarms (medium or high) of `upload` in 100 host-days | 1 | 2.00 (1 in 50 host-days) |" in lines
    assert "| benign domains called a tunnel | 0.1 % | 0.100 % (1 of 1,000) |" in lines
    assert "| ICMP tunnel | 50.0 % (1 of 2) | 2.5 h |" in lines
    assert "| `upload` | 1 | 1 | 1 | 0.33 | 4.00 |" in lines
