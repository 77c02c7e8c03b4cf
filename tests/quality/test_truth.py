"""Findings against what was planted."""

from quality.truth import Leak, Verdict, judge
from quivive.model.finding import Finding, Severity

LEAK = Leak("upload", "10.0.0.5", ("host.drop.example", "203.0.113.7"), 0, ("upload",))


def finding(who="10.0.0.5", what="drop.example", severity=Severity.LOW):
    return Finding("Told.", severity, 0.5, who, what, 0, 1, 1, (1,), ())


def judged(*found):
    return judge(Verdict("tiny", 1.0, 1), [LEAK], found)


def test_finding_of_the_place_or_its_domain_tells_the_leak():
    for what in ("host.drop.example", "drop.example", "203.0.113.7"):
        verdict = judged(("upload", finding(what=what)))
        assert (verdict.told, verdict.right, verdict.wrong) == ({"upload": [True]}, {"upload": [Severity.LOW]}, {})


def test_note_tells_nothing_and_accuses_nobody():
    verdict = judged(("upload", finding(severity=Severity.NOTE)), ("upload", finding("10.0.0.6", "x", Severity.NOTE)))
    assert (verdict.told, verdict.right, verdict.wrong) == ({"upload": [False]}, {}, {})


def test_other_host_other_place_and_other_question_do_not_tell_it():
    verdict = judged(("upload", finding(who="10.0.0.6")), ("upload", finding(what="x.example")), ("doh", finding()))
    assert verdict.told == {"upload": [False]}
    assert verdict.wrong == {"upload": [Severity.LOW] * 2}
    assert verdict.right == {"doh": [Severity.LOW]}


def test_detector_that_is_no_question_of_leaks_is_not_counted():
    assert judged(("cleartext_login", finding(who="10.0.0.6"))).wrong == {}
