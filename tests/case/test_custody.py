"""A case and its audit together: every look is an entry, every file is hashed again, nothing is read without either."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from quivive import api
from quivive.case.access import Access, os_user
from quivive.case.trail import AUDIT
from quivive.model.errors import CaseError, UsageError
from tests.captures import pcap
from tests.engine.test_keeping import ftp_login, query

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEA = Access("INC-7: was anything sent?", "Lea Durand", clock=lambda: NOON)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    frames = [query("partner.example"), *ftp_login()]
    api.inspect(pcap(folder / "a.pcap", frames), folder / "case", access=LEA).close()
    return folder / "case"


@pytest.fixture
def case(made, tmp_path):
    return shutil.copytree(made, tmp_path / "case")


def entries(case):
    return [json.loads(line) for line in (case / AUDIT).read_bytes().splitlines()]


def actions(case):
    return [(entry["action"], entry["object"]) for entry in entries(case)]


def test_reading_captures_begins_the_audit_and_ends_with_the_hash_of_all(made):
    first, last, opened = entries(made)
    assert (first["action"], first["object"], first["at"]) == ("inspect", "captures: 1", "2026-03-01T12:00:00.000Z")
    assert (first["actor"], first["name"], first["reason"]) == (os_user(), "Lea Durand", LEA.reason)
    assert (last["action"], last["object"], opened["action"]) == ("inspected", "complete", "open")
    assert last["sums"] == hashlib.sha256((made / "SHA256SUMS").read_bytes()).hexdigest()


def test_the_list_of_hashes_is_one_that_sha256sum_reads(made):
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    run = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=made, check=False)
    assert run.returncode == 0
    listed = {line.split("  ")[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    assert {"case.toml", "brief.txt", "tables/dns/part-0.parquet", "names.sealed"} <= listed


def test_every_look_is_an_entry_and_names_do_not_stand_in_it(case, tmp_path):
    n_before = len(entries(case))
    with api.Case(case, LEA) as opened:
        opened.brief()
        opened.contents()
        opened.table("dns")
        _ = opened.flows
        _ = opened.findings
        opened.follow(0)
        picked = opened.select("credentials", where="user ILIKE '%alice.martin%'", columns="user", limit=3)
        opened.sql("SELECT $who", who="alice.martin")
        opened.query("SELECT 1 FROM dns")
        with (tmp_path / "out.csv").open("wb") as file:
            picked.write("csv", file)
    done = actions(case)[n_before:]
    assert [action for action, _ in done] == [
        "open", "brief", "contents", "table", "table", "findings", "follow", "show", "sql", "sql", "export", "exported",
    ]  # fmt: skip
    assert done[3:5] == [("table", "dns"), ("table", "flows")] and done[6] == ("follow", "flow 0")
    assert "alice" not in (case / AUDIT).read_text() and done[7][1].startswith("credentials where user ILIKE '%user-")
    last = entries(case)[-1]
    assert last["sha256"] == hashlib.sha256((tmp_path / "out.csv").read_bytes()).hexdigest()
    assert api.verify(case).faults == []


def test_a_look_that_fails_was_written_down_first(case):
    with api.Case(case) as opened, pytest.raises(UsageError):
        opened.query("SELECT nothing FROM nowhere")
    assert actions(case)[-1][0] == "sql"
    assert entries(case)[-1]["reason"] == "no mandate, none given"


def flipped(path):
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(held)


def test_any_changed_file_is_named_by_verify_and_refused_when_read(case):
    names = [line.split("  ")[1] for line in (case / "SHA256SUMS").read_text().splitlines()]
    for name in names:
        held = (case / name).read_bytes()
        flipped(case / name)
        assert [fault.split(":")[0] for fault in api.verify(case).faults] == [name]
        (case / name).write_bytes(held)
    assert api.verify(case).faults == []


def test_a_changed_table_gives_no_rows(case):
    with api.Case(case) as opened:
        assert opened.select("dns").rows()
        path = case / "tables/dns/part-0.parquet"
        held = path.read_bytes()
        path.write_bytes(held[:-100] + bytes([held[-100] ^ 1]) + held[-99:])
        for read in (lambda: opened.select("dns"), lambda: opened.query("SELECT 1"), lambda: opened.dns):
            with pytest.raises(CaseError, match=r"dns/part-0\.parquet: was changed"):
                read()
        assert opened.select("flows").rows(), "another table is whole"


def test_a_changed_manifest_or_brief_is_refused(case):
    flipped(case / "brief.txt")
    with api.Case(case) as opened, pytest.raises(CaseError, match=r"brief\.txt: was changed"):
        opened.brief()
    (case / "case.toml").write_text((case / "case.toml").read_text().replace("complete", "partial"))
    with pytest.raises(CaseError, match=r"case\.toml: was changed"):
        api.Case(case)


def test_files_added_taken_out_or_linked_are_named(case, tmp_path):
    (case / "tables/dns/part-1.parquet").write_bytes((case / "tables/dns/part-0.parquet").read_bytes())
    assert api.verify(case).faults == ["tables/dns/part-1.parquet: is not in SHA256SUMS: it was added"]
    with api.Case(case) as opened, pytest.raises(CaseError, match="it was added"):
        opened.select("dns")
    (case / "tables/dns/part-1.parquet").unlink()
    (case / "brief.txt").rename(tmp_path / "brief.txt")
    assert "brief.txt: is missing" in api.verify(case).faults[0]
    (case / "brief.txt").symlink_to(tmp_path / "brief.txt")
    assert "brief.txt: is a link" in api.verify(case).faults[0]


def test_a_list_of_hashes_made_anew_is_not_the_one_of_the_audit(case):
    flipped(case / "brief.txt")
    api_sums = __import__("quivive.case.sums", fromlist=["Sums"]).Sums
    api_sums.of(case).write()
    assert api.verify(case).faults == ["SHA256SUMS: was changed: its SHA-256 is not the one in the audit"]
    with pytest.raises(CaseError, match="not the list that the audit names"):
        api.Case(case)


@pytest.mark.parametrize("name", ["audit.jsonl", "audit.head", "SHA256SUMS"])
def test_a_case_without_its_audit_or_hashes_is_not_read(case, name):
    (case / name).unlink()
    with pytest.raises(CaseError, match=name):
        api.Case(case)
    assert api.verify(case).faults


def test_a_case_that_cannot_be_written_is_read_with_an_audit_elsewhere(case, tmp_path):
    if os.geteuid() == 0:
        (case / "audit.jsonl").chmod(0o444)
    before = (case / AUDIT).read_bytes()
    with api.Case(case, Access("copy on a disc", audit=tmp_path / "log")) as opened:
        assert opened.select("dns").rows()
    assert (case / AUDIT).read_bytes() == before
    (folder,) = (tmp_path / "log").iterdir()
    first = entries(folder)[0]
    assert first["prev_hash"] == entries(case)[-1]["hash"] and first["reason"] == "copy on a disc"
    assert api.verify(case, audit=tmp_path / "log").faults == []
    flipped(folder / AUDIT)
    assert api.verify(case, audit=tmp_path / "log").faults[0].startswith(f"{tmp_path / 'log'}: audit.jsonl: entry ")


def test_an_audit_within_the_case_is_not_elsewhere(case):
    with pytest.raises(CaseError, match="lies in the case"):
        api.Case(case, Access(audit=case / "tables"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_case_on_a_disc_is_refused_in_one_line(case):
    (case / "audit.jsonl").chmod(0o444)
    with pytest.raises(CaseError, match="name a folder with --audit"):
        api.Case(case)


def test_a_held_case_is_not_written_anew(case, made):
    api.hold(case, LEA)
    capture = made.parent / "a.pcap"
    with pytest.raises(CaseError, match="is held since 2026-03-01"):
        api.inspect(capture, case)
    api.hold(case, LEA, release=True)
    api.inspect(capture, case, access=LEA).close()
    done = [action for action, _ in actions(case)]
    assert [done.count(action) for action in ("inspect", "hold", "release")] == [2, 1, 1]
    assert api.verify(case).faults == []


@pytest.mark.parametrize("deed", [
    lambda case, access: api.hold(case, access),
    lambda case, access: api.hold(case, access, release=True),
    lambda case, access: api.close(case, access),
])  # fmt: skip
def test_holding_and_closing_need_a_reason(case, deed):
    with pytest.raises(UsageError, match="reason"):
        deed(case, Access("because"))


def test_who_and_why_come_from_the_environment_too(case, monkeypatch):
    monkeypatch.setenv("QUIVIVE_REASON", "INC-9")
    monkeypatch.setenv("QUIVIVE_NAME", "Jo")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    api.Case(case).close()
    assert [entries(case)[-1][key] for key in ("reason", "name", "actor")] == ["INC-9", "Jo", os_user()]
    assert os_user() != "somebody-else"
