"""quivive register, on the demonstration's hub."""

from __future__ import annotations

from random import Random

import pytest

from quivive import api
from quivive.cli.main import main
from quivive.demo import hub
from quivive.demo.captures import pcap
from quivive.demo.tape import Tape


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("register")
    tape = Tape(Random("1 hub.pcap.gz"))
    hub.play(tape)
    (folder / "hub.pcap").write_bytes(pcap(tape.in_order()))
    api.inspect(folder / "hub.pcap", folder / "case").close()
    return folder / "case"


def run(capsys, *words):
    try:
        main([str(word) for word in words])
    except SystemExit as end:
        assert not end.code, capsys.readouterr().err
    return capsys.readouterr().out


def test_the_hub_sends_to_three_recipients(capsys, case):
    told = run(capsys, "register", case)
    assert [line.split()[2] for line in told.splitlines() if line.startswith("2026-09")] == [
        "Alibaba", "Alibaba", "customs-portal.example", "north-sea-carrier.examp…", "north-sea-carrier.examp…",
    ]  # fmt: skip
    assert "parcel events (partner interface)" in told


def test_a_declared_transfer_leaves_no_gap(capsys, case, tmp_path):
    sheet = tmp_path / "declared.csv"
    sheet.write_text("exporter;recipient;category;country\n192.168.40.11;Alibaba;parcel_events;CN\n")
    told = run(capsys, "register", case, "--declared", sheet, "--language", "fr")
    assert told.count("Écart: observé, non déclaré") == 4


def test_a_question_is_answered(capsys, case):
    assert run(capsys, "register", case, "--country", "CN").startswith("yes (")
    assert run(capsys, "register", case, "--country", "RU").startswith("no evidence (100%)")
    assert run(capsys, "register", case, "--category", "mail").startswith("not observable (0%)")


def test_forms_are_written_to_files(capsys, case, tmp_path):
    for form, start in (("html", "<!doctype html>"), ("csv", "register_id,period,")):
        out = tmp_path / f"r.{form}"
        run(capsys, "register", case, "--format", form, "--out", out)
        assert out.read_text(encoding="utf-8").startswith(start)


def test_an_unknown_category_and_a_sheet_that_is_not_there_are_refused(capsys, case, tmp_path):
    for words in (["--category", "secrets"], ["--declared", tmp_path / "none.csv"]):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in ["register", case, *words]])
        assert end.value.code == 2
        assert capsys.readouterr().err.startswith("quivive: ")
