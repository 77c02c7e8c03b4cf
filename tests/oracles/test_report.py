from oracles import report
from oracles.adapter import Score
from oracles.running import Outcome
from oracles.sources.ndpi import ANY, EXACT, Ndpi

OUTCOMES = [
    Outcome("a.pcap", {"ndpi": [Score(EXACT, "TLS", 1, 1), Score(EXACT, "DNS", 0, 1, "DNS <> -")]}),
    Outcome("b.pcap", {"ndpi": [Score(EXACT, "TLS", 1, 1), Score(ANY, "TLS", 1, 1)]}),
    Outcome("c.pcap", {"zeek_conn": [Score("service", "ssl", 0, 1)]}),
]


def test_a_macro_measure_is_the_mean_over_captures():
    figures = report.summary(Ndpi, OUTCOMES)
    assert figures["captures"] == 2
    assert figures["measures"][EXACT] == {
        "right": 2,
        "total": 3,
        "captures": 2,
        "share": 0.75,
        "mean_over_captures": 0.75,
        "bar": 0.72,
    }


def test_groups_and_worst_captures_are_listed():
    figures = report.summary(Ndpi, OUTCOMES)
    assert figures["groups"]["TLS"] == {EXACT: (2.0, 2.0), ANY: (1.0, 1.0)}
    assert figures["worst"] == [("a.pcap", 0.5, 2), ("b.pcap", 1.0, 2)]
    assert figures["differences"] == [(EXACT, "DNS", "DNS <> -", 1)]


def test_tables_are_text_for_people():
    text = report.text(report.summary(Ndpi, OUTCOMES), with_differences=True)
    assert "label exact                    75.0%    72%" in text
    assert "   50.0% of      2  a.pcap" in text
    assert "DNS <> -" in text
