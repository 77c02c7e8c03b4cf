"""Yes, no evidence, or not observable: what was not seen is never called no."""

from __future__ import annotations

from quivive.register.answers import Question, answer
from tests.register.rows import CUSTOMS, clear, register, row
from tests.register.test_compare import systems

NOWHERE = {"destination": "x.example", "peer_addr": CUSTOMS}


def asked(folder, rows, question, **more):
    found = answer(register(folder, rows, **more), question)
    return found.verdict, found.why, found.coverage


def test_yes_where_it_was_seen(tmp_path):
    for question in (Question(country="cn"), Question(recipient="Alibaba"), Question(recipient="aliyuncs.com"),
                     Question(exporter="10.0.0.5", country="DE"), Question()):  # fmt: skip
        assert asked(tmp_path, [row()], question) == ("yes", (), 1.0)


def test_no_evidence_where_it_would_have_been_seen(tmp_path):
    assert asked(tmp_path, [row()], Question(country="RU")) == ("no_evidence", ("would_have_been_seen",), 1.0)


def test_not_observable_where_recipients_are_not_known(tmp_path):
    rows = [row(out_bytes=94), row(out_bytes=6, **NOWHERE)]
    assert asked(tmp_path, rows, Question(country="RU")) == ("not_observable", ("recipients_not_known",), 0.94)


def test_just_enough_known_recipients_are_enough(tmp_path):
    rows = [row(out_bytes=95), row(out_bytes=5, **NOWHERE)]
    assert asked(tmp_path, rows, Question(country="RU"))[0] == "no_evidence"


def test_not_observable_where_content_is_hidden(tmp_path):
    question = Question(category="trade_documents")
    assert asked(tmp_path, [row()], question) == ("not_observable", ("content_hidden",), 0.0)
    assert asked(tmp_path, [clear(carries="LINK form")], question)[0] == "no_evidence"


def test_three_of_ten_links_unmonitored_are_never_a_no(tmp_path):
    lines = [f"10.0.0.{n},s{n},{'no' if n < 3 else 'yes'}" for n in range(10)]
    seen = [f"10.0.0.{n}" for n in range(10)]
    more = {"systems": systems(tmp_path, *lines), "hosts": seen}
    everywhere = asked(tmp_path, [row()], Question(country="RU"), **more)
    assert everywhere == ("not_observable", ("system_not_seen",), 0.7)
    for n in range(10):
        verdict = asked(tmp_path, [row()], Question(exporter=f"10.0.0.{n}", country="RU"), **more)[0]
        assert verdict == ("not_observable" if n < 3 else "no_evidence"), n


def test_a_system_that_nobody_saw_is_not_observable(tmp_path):
    assert asked(tmp_path, [row()], Question(exporter="10.9.9.9", country="CN"))[0] == "not_observable"


def test_not_observable_where_much_is_missing_from_the_captures(tmp_path):
    lost = row(out_bytes=94_000, unseen_out_bytes=6_000)
    assert asked(tmp_path / "a", [lost], Question(country="RU"))[:2] == ("not_observable", ("bytes_lost",))
    little = row(out_bytes=95_000, unseen_out_bytes=5_000)
    assert asked(tmp_path / "b", [little], Question(country="RU"))[0] == "no_evidence"


def test_a_partial_or_empty_case_is_not_observable(tmp_path):
    assert asked(tmp_path, [row()], Question(country="RU"), is_partial=True)[1] == ("case_partial",)
    found = asked(tmp_path / "none", [], Question(country="RU"), hosts=(), captures=[])
    assert found[:2] == ("not_observable", ("nothing_read",))
