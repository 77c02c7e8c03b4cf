"""The way of a mandate at the command line: keys, draft, two signatures, a case, one name opened, withdrawal."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from datetime import UTC, datetime, timedelta

import pytest

from quivive import api
from quivive.cli.main import main
from quivive.mandate import document
from tests.captures import pcap
from tests.engine.test_keeping import ftp_login, query

TODAY = datetime.now(UTC)
ANSWERS = [
    "mandate_id=case-1",
    "requester=lead",
    "purpose=incident_case",
    "controller.entity=Example Works",
    "controller.country=DE",
    "controller.dpo_contact=dpo@works.example",
    "legal_basis.balancing_ref=LIA 1",
    "legal_basis.dpia_ref=DPIA 1",
    "legal_basis.labour_info_ref=BV 1",
    "legal_basis.employee_notice_ref=Notice 1",
    "legal_basis.employee_notice_date=2023-01-01",
    "scope.networks=10.0.0.0/24",
    "scope.persons=named",
    "scope.case_ref=INC-1",
    f"window.from={TODAY - timedelta(days=1):%Y-%m-%dT%H:%M:%S+00:00}",
    f"window.to={TODAY + timedelta(days=30):%Y-%m-%dT%H:%M:%S+00:00}",
]
OWNERSHIP = 'schema = 1\n[[network]]\nrange = "10.0.0.0/8"\nproof = "address plan"\nproven = 2023-01-01\n'


def quivive(*words, stdin=b""):
    """Run the command in this process, which is a hundred commands quicker; returns exit code, output, errors."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "stdin", io.StringIO(stdin.decode()))
        try:
            main([str(word) for word in words])
        except SystemExit as stop:
            return stop.code or 0, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder of settings with three people's keys, an ownership file and a draft."""
    monkeypatch.setenv("QUIVIVE_CONFIG", str(tmp_path / "settings"))
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "ownership.toml").write_text(OWNERSHIP)
    for name, role in (("sec", "security"), ("dpo", "dpo_or_legal"), ("lead", "requester")):
        assert quivive("key", "new", tmp_path / f"{name}.key", "--id", name, "--role", role)[0] == 0
    code, out, err = quivive("mandate", "new", tmp_path / "m.toml", *ANSWERS)
    assert (code, err) == (0, "") and "a draft" in out
    return tmp_path


def signed(desk, file="m.toml"):
    for name in ("sec", "dpo"):
        code, out, err = quivive("mandate", "sign", desk / file, "--key", desk / f"{name}.key")
        assert (code, err) == (0, "") and f"signed by {name}" in out


def capture(desk):
    """Return a capture of now: a log-in in scope, and a look-up of a machine out of scope."""
    frames = [*ftp_login(), query("out.example", "10.9.9.9")]
    return pcap(desk / "a.pcap", frames, start_s=int(TODAY.timestamp()))


def test_from_a_draft_to_a_case_under_a_mandate(desk):
    code, _, err = quivive("mandate", "check", desk / "m.toml")
    assert code == 1 and "is not signed by security and dpo_or_legal" in err and err.count("\n") == 1
    signed(desk)
    code, out, _ = quivive("mandate", "check", desk / "m.toml")
    assert code == 0 and "case-1 version 1 holds until" in out and "L0, L1, persons named" in out
    code, out, _ = quivive("mandate", "show", desk / "m.toml")
    assert code == 0 and "active" in out and "signed by       dpo (dpo_or_legal)" in out
    code, out, err = quivive("inspect", capture(desk), "--out", desk / "case", "--mandate", desk / "m.toml")
    assert (code, err) == (0, "") and "Level L1 under mandate case-1 version 1" in out
    assert "1 packet outside the mandate, dropped unread" in out
    held = "".join(path.read_bytes().decode("latin-1") for path in (desk / "case").rglob("*") if path.is_file())
    assert "alice" not in held and "10.9.9.9" not in held


def test_one_name_is_opened_by_two_signatures_and_written_down(desk):
    signed(desk)
    with api.inspect(capture(desk), desk / "case", mandate=desk / "m.toml") as case:
        (row,) = case.select("credentials", columns="user").rows()
    words = ["unmask", desk / "case", row["user"], "--mandate", desk / "m.toml", "--request", desk / "r.toml"]
    code, _, err = quivive(*words, "--requester", "lead")
    assert code == 1 and "say why" in err
    code, out, _ = quivive(*words, "--reason", "the account sent the drawings", "--requester", "lead")
    assert code == 0 and "have it signed" in out and "alice" not in out
    code, _, err = quivive(*words)
    assert code == 1 and "not signed by security and dpo_or_legal" in err
    signed(desk, "r.toml")
    code, out, err = quivive(*words)
    assert (code, err) == (0, "") and out.startswith(f"{row['user']} is alice.martin\n") and "dpo@works.example" in out
    lines = (desk / "case" / "audit.jsonl").read_text().splitlines()
    assert "alice" not in "".join(lines)
    asked, opened = [json.loads(line) for line in lines if row["user"] in line]
    assert (asked["action"], asked["requester"]) == ("ask to unmask", "lead")
    assert (opened["action"], opened["approved_by"], opened["requester"]) == ("unmask", ["sec", "dpo"], "lead")
    assert opened["reason"] == "the account sent the drawings" and opened["mandate"]


def test_papers_follow_from_a_mandate_and_from_the_program(desk):
    code, out, err = quivive("mandate", "notice", "staff_notice", desk / "m.toml", "--language", "fr")
    assert (code, err) == (0, "") and out.startswith("# Information du personnel") and "Example Works" in out
    code, _, err = quivive("mandate", "notice", "capability", "--format", "html", "--out", desk / "c.html")
    assert (code, err) == (0, "") and "Domain Name System" in (desk / "c.html").read_text(encoding="utf-8")
    code, _, err = quivive("mandate", "notice", "dpia")
    assert code == 1 and "none was named" in err


def test_the_requester_cannot_sign(desk):
    code, _, err = quivive("mandate", "sign", desk / "m.toml", "--key", desk / "lead.key")
    assert code == 1 and "approves nothing" in err and err.count("\n") == 1


def test_a_withdrawn_mandate_opens_nothing(desk):
    signed(desk)
    code, out, _ = quivive("mandate", "revoke", desk / "m.toml", "--reason", "closed", "--key", desk / "dpo.key")
    assert code == 0 and "case-1 is withdrawn by dpo" in out
    code, _, err = quivive("inspect", capture(desk), "--out", desk / "case", "--mandate", desk / "m.toml")
    assert code == 1 and "was revoked by dpo" in err and not (desk / "case").exists()


def test_a_level_above_the_grant_is_refused_and_one_below_is_kept(desk):
    signed(desk)
    words = ["inspect", capture(desk), "--out", desk / "case", "--mandate", desk / "m.toml", "--level"]
    code, _, err = quivive(*words, "L3")
    assert code == 1 and "grants L0, L1" in err and not (desk / "case").exists()
    assert quivive(*words, "L9")[0] == 2
    code, out, _ = quivive(*words, "L0")
    assert code == 0 and "Level L0 under mandate" in out


def test_without_a_mandate_no_level_above_l1_is_opened(tmp_path):
    code, _, err = quivive("inspect", capture(tmp_path), "--out", tmp_path / "case", "--level", "L4")
    assert code == 1 and "no mandate grants L0, L1" in err


def test_a_new_version_is_not_signed(desk):
    signed(desk)
    code, out, _ = quivive("mandate", "new", desk / "m2.toml", "--from", desk / "m.toml")
    assert code == 0 and "version 2, a draft" in out
    made = document.load(desk / "m2.toml")
    assert made.supersedes == document.load(desk / "m.toml").digest and not made.approvals
    code, out, _ = quivive("mandate", "list", desk)
    lines = out.splitlines()
    assert code == 0 and [re.split(r"\s+", line)[1] for line in lines] == ["v2", "v1"] and "active" in lines[1]


def test_questions_are_asked_for_what_was_not_answered(tmp_path):
    told = ["mandate_id=case-1", "purpose=incident_case"]
    rest = {answer.split("=", 1)[0]: answer.split("=", 1)[1] for answer in ANSWERS}
    paths = [question.path for question in api.mandates.questions.QUESTIONS]
    typed = [rest.get(path, "") for path in paths if path not in ("mandate_id", "purpose")]
    at = typed.index("2023-01-01")
    typed.insert(at, "last week")
    code, out, err = quivive(
        "mandate", "new", tmp_path / "m.toml", *told, "--ask", stdin="\n".join(typed).encode() + b"\n"
    )
    assert (code, err) == (0, "") and "'last week' is no day; write it as 2026-03-31" in out
    assert document.load(tmp_path / "m.toml").scope.case_ref == "INC-1"


@pytest.mark.parametrize(("words", "code", "told"), [
    (["mandate", "new", "m.toml", "--no-ask"], 1, "mandate_id: was not answered"),
    (["mandate", "new", "m.toml", "colour=blue"], 2, "'colour' answers no question"),
    (["mandate", "new", "m.toml", "blue"], 2, "'blue' answers no question"),
    (["mandate", "check", "nowhere.toml"], 1, "nowhere.toml"),
    (["mandate", "sign", "nowhere.toml", "--key", "k"], 1, "list of signers"),
    (["key", "new", "k", "--id", "a"], 1, "an owner and a role go together"),
    (["key", "new", "k", "--id", "a", "--role", "boss"], 1, "choose one of security"),
    (["key", "new", "k", "--locked"], 2, "give its passphrase at a terminal"),
    (["inspect", "a.pcap", "--mandate", "nowhere.toml"], 1, "nowhere.toml"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_line(tmp_path, monkeypatch, words, code, told):
    monkeypatch.setenv("QUIVIVE_CONFIG", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    got, out, err = quivive(*words)
    assert (got, out, err.count("\n")) == (code, "", 1) and told in err


def test_a_locked_key_signs_with_its_passphrase_only(desk, monkeypatch):
    monkeypatch.setenv("QUIVIVE_PASSPHRASE", "eight wolves")
    assert quivive("key", "new", desk / "locked.key", "--locked", "--id", "sec2", "--role", "security")[0] == 0
    assert quivive("mandate", "sign", desk / "m.toml", "--key", desk / "locked.key")[0] == 0
    monkeypatch.setenv("QUIVIVE_PASSPHRASE", "wrong wolves")
    code, _, err = quivive("mandate", "sign", desk / "m.toml", "--key", desk / "locked.key")
    assert code == 1 and "passphrase is wrong" in err
