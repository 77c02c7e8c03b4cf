from collections import Counter

from oracles import coverage
from oracles.mapping import View

VIEW = View("dns", "dns AS t", {"query": "t.query"}, {"uid": "a number of theirs"})


def test_fields_are_had_left_out_or_lacking():
    have, left_out, lack = coverage._split(VIEW, Counter({"query": 3, "uid": 2, "colour": 1}))
    assert (have, left_out, lack) == (Counter(query=3), Counter(uid=2), Counter(colour=1))


def test_what_has_no_mapping_is_lacking():
    assert coverage._split(None, Counter(a=1))[2] == Counter(a=1)


def test_a_page_without_a_corpus_is_a_head(tmp_path):
    text = coverage.page(tmp_path)
    assert text.startswith(coverage.HEAD)
    assert "Have 0 of 0 fields" in text
