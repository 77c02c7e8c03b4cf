from oracles.adapter import Score
from oracles.disputes import SET_ASIDE, disputes, settled

FIRST_TWO = "t12d1409ht_c866b44c5a26_b39be8c56a14 <> ['t12d1409h1_c866b44c5a26_b39be8c56a14']"


def test_every_dispute_has_a_reason_and_a_clause():
    assert all(len(one.reason) > 40 and one.clause for one in disputes())


def test_an_answer_in_dispute_counts_neither_way():
    assert list(settled("ndpi", "ndpi/android.pcap", [Score("ja4", "TLS", 0, 1, FIRST_TWO)])) == [
        Score(SET_ASIDE, "TLS", 1, 1)
    ]


def test_other_differences_of_the_same_kind_stay():
    other = Score("ja4", "TLS", 0, 1, FIRST_TWO.replace("c866b44c5a26_b39b", "c866b44c5a26_b39c", 1))
    right = Score("ja4", "TLS", 1, 1)
    assert list(settled("ndpi", "ndpi/android.pcap", [other, right])) == [other, right]
    (kept,) = settled("zeek_logs", "ndpi/android.pcap", [other])
    assert kept == other
