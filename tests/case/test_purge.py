"""What is past its term is gone from every file; a receipt says so and can be checked; a held case keeps all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from quivive import __version__, api
from quivive.case.access import Access
from quivive.case.folder import CaseFolder
from quivive.engine.captures import CaptureSet
from quivive.engine.inspect import Options, inspect
from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.parts import Retention, Window
from quivive.model.errors import CaseError
from tests.captures import pcap
from tests.engine.test_keeping import ftp_login, grant, query
from tests.mandate.leaks import haystack_of

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = Retention(flows="30d", alerts="30d")
LONG_REASON = "the prosecutor asked to keep it"


def at(moment):
    return Access(LONG_REASON, clock=lambda: moment)


def day(n):
    return START + timedelta(days=n)


def made(tmp_path, given=None):
    """A case of two captures: an FTP log-in on day 0 and a query by another host on day 20, read on day 21."""
    old = pcap(tmp_path / "a.pcap", [query("old.example"), *ftp_login()], start_s=int(START.timestamp()))
    new = pcap(tmp_path / "b.pcap", [query("new.example", "10.0.0.2")], start_s=int(day(20).timestamp()))
    window = Window(START - timedelta(days=1), START + timedelta(days=80))
    given = given or grant("10.0.0.0/8", window=window, retention=TERMS)
    with CaptureSet([old, new]) as captures:
        folder = CaseFolder.prepare(
            tmp_path / "case", ["a", "b"], __version__, access=at(day(21)), mandate=given.told()
        )
        inspect(captures, folder, Options(grant=given, is_strict=True))
    return tmp_path / "case"


def queries(case, moment):
    with api.Case(case, at(moment)) as opened:
        return {row["query"] for row in opened.select("dns").rows()}


def test_rows_go_on_the_day_when_their_term_is_over_and_not_before(tmp_path):
    case = made(tmp_path)
    assert queries(case, day(30) - timedelta(seconds=1)) == {"old.example", "new.example"}
    assert queries(case, day(30) + timedelta(minutes=1)) == {"new.example"}
    assert queries(case, day(50) - timedelta(seconds=1)) == {"new.example"}
    assert queries(case, day(51)) == set()


def test_nothing_of_a_row_that_went_is_left_in_the_folder(tmp_path):
    case = made(tmp_path)
    (sealed,) = (case / "names.sealed").read_text().splitlines()
    pseudonym = json.loads(sealed)["pseudonym"]
    api.purge(case, at(day(31)))
    haystack = haystack_of(case)[0]
    for word in (b"old.example", b"192.0.2.21", pseudonym.encode()):
        assert word not in haystack, word
    assert b"new.example" in haystack and (case / "names.sealed").read_text() == ""
    assert (case / "brief.txt").read_text().startswith("Rows past their term were removed")
    assert api.verify(case).faults == []


def test_the_receipt_says_what_went_and_the_hash_of_what_is_left(tmp_path):
    case = made(tmp_path)
    done = api.purge(case, at(day(31)))
    gone = {one.what: (one.record_class, one.n, one.before[:10]) for one in done.gone}
    assert gone["dns"] == ("flows", 1, "2026-03-02") and gone["credentials"] == ("flows", 1, "2026-03-02")
    assert gone["names.sealed"][1] == 1 and gone["findings"][0] == "alerts"
    receipt = json.loads((case / "receipts" / done.receipt).read_bytes())
    assert receipt["removed"] == [one.told() for one in done.gone]
    last, brief = map(json.loads, (case / "audit.jsonl").read_bytes().splitlines()[-2:])
    assert brief["action"] == "brief written" and brief["sums"] != last["sums"]
    assert (last["action"], last["sums"], last["receipt"]) == ("purged", receipt["manifest"], done.receipt)
    assert api.purge(case, at(day(31))) == ((), "")


def test_findings_are_kept_for_their_own_term_with_the_pseudonyms_that_they_show(tmp_path):
    window = Window(START - timedelta(days=1), START + timedelta(days=80))
    case = made(tmp_path, grant("10.0.0.0/8", window=window, retention=Retention(flows="30d", alerts="60d")))
    assert {one.record_class for one in api.purge(case, at(day(31))).gone} == {"flows"}
    with api.Case(case, at(day(59))) as opened:
        assert opened.findings and (case / "names.sealed").read_text()
    with api.Case(case, at(day(61))) as opened:
        assert opened.findings == [] and (case / "names.sealed").read_text() == ""


def test_a_receipt_that_is_changed_lost_or_added_is_named(tmp_path):
    case = made(tmp_path)
    path = case / "receipts" / api.purge(case, at(day(31))).receipt
    held = path.read_bytes()
    for offset in range(0, len(held), 17):
        path.write_bytes(held[:offset] + bytes([held[offset] ^ 1]) + held[offset + 1 :])
        assert api.verify(case).faults[0].startswith("receipts/purge-0001.json: was changed"), offset
    path.write_bytes(held)
    path.with_name("purge-0002.json").write_bytes(held)
    assert "was added" in api.verify(case).faults[0]
    path.unlink()
    assert "is missing" in api.verify(case).faults[0]


def test_a_held_case_keeps_everything_until_it_is_released(tmp_path):
    case = made(tmp_path)
    api.hold(case, at(day(22)))
    assert queries(case, day(100)) == {"old.example", "new.example"}
    with pytest.raises(CaseError, match="is held since 2026-03-23"):
        api.purge(case, at(day(100)))
    api.hold(case, at(day(101)), release=True)
    assert queries(case, day(101)) == set()


def test_a_closed_case_goes_as_a_whole_after_its_last_term(tmp_path):
    window = Window(START - timedelta(days=1), START + timedelta(days=80))
    given = grant("10.0.0.0/8", window=window, retention=Retention(flows="12m", alerts="12m", case_after_closure="30d"))
    case = made(tmp_path, given)
    api.close(case, at(day(40)))
    assert queries(case, day(69)) == {"old.example", "new.example"}
    api.purge(case, at(day(70)))
    assert not list((case / "tables").rglob("*.parquet")) and api.verify(case).faults == []
    assert queries(case, day(71)) == set()


def test_without_a_mandate_terms_count_from_reading_and_only_when_asked(tmp_path):
    """Captures of any age may be brought by others: their packets' times say nothing of how long we have them."""
    case = made(tmp_path, NO_MANDATE)
    assert queries(case, day(1000)) == {"old.example", "new.example"}
    assert api.purge(case, at(day(21 + 179))) == ((), "")
    assert {one.record_class for one in api.purge(case, at(day(21 + 181))).gone} == {"flows"}
    assert queries(case, day(21 + 182)) == set()


def test_a_table_that_was_changed_is_not_purged_but_named(tmp_path):
    case = made(tmp_path)
    path = case / "tables/dns/part-0.parquet"
    held = path.read_bytes()
    path.write_bytes(held[:40] + bytes([held[40] ^ 1]) + held[41:])
    with pytest.raises(CaseError, match=r"dns/part-0\.parquet: was changed"):
        api.purge(case, at(day(31)))


def test_a_purge_that_breaks_off_leaves_the_case_as_it_was(tmp_path, monkeypatch):
    """Ctrl-C while files are written anew: the old ones stand until all new ones are there."""
    from quivive.store import expire

    case, whole, n_cuts = made(tmp_path), expire.cut, []

    def interrupted(*words):
        n_cuts.append(words)
        if len(n_cuts) == 3:
            raise KeyboardInterrupt
        return whole(*words)

    monkeypatch.setattr(expire, "cut", interrupted)
    with pytest.raises(KeyboardInterrupt):
        api.Case(case, at(day(31)))
    assert api.verify(case).faults == []
    assert queries(case, day(29)) == {"old.example", "new.example"}
    assert queries(case, day(31)) == {"new.example"} and api.verify(case).faults == []
    assert not list(case.rglob("*.new"))


def test_a_case_on_a_disc_that_is_past_its_term_is_not_read(tmp_path):
    """The audit goes on elsewhere, but nobody can remove what has to go."""
    case = made(tmp_path)
    (case / "audit.lock").mkdir()
    with pytest.raises(CaseError, match="holds what is past its term, and it cannot be removed here"):
        api.Case(case, Access(audit=tmp_path / "log", clock=lambda: day(31)))


def look(case, moment):
    with api.Case(case, at(moment)) as opened:
        assert {row["query"] for row in opened.select("dns").rows()} == {"new.example"}


def test_a_case_opened_twice_at_once_is_purged_once(tmp_path):
    case = made(tmp_path)
    before = api.open_case(case, at(day(31)))  # opened by somebody who then waits
    look(case, day(31))
    assert api.purging.purge(before, lambda: pytest.fail("nothing is left to sign for"), lambda: None) == ((), "")
    look(case, day(31))
    assert len(list((case / "receipts").iterdir())) == 1 and api.verify(case).faults == []


def test_objects_go_after_the_term_of_packets(tmp_path):
    case = made(tmp_path)
    from quivive.case.sums import Sums

    (case / "content" / "ab").mkdir(parents=True)
    (case / "content" / "ab" / "abcd").write_bytes(b"an object")
    sums = Sums.load(case)
    sums.put("content/ab/abcd")
    api.Case(case, at(day(21)))._custody.record("content", sums=sums.write())
    queries(case, day(27))
    assert (case / "content" / "ab" / "abcd").exists()
    queries(case, day(29))
    assert not (case / "content" / "ab" / "abcd").exists() and api.verify(case).faults == []
