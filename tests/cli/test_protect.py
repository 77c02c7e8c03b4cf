"""quivive protect."""

from __future__ import annotations

import os
import stat

import pytest

from quivive.cli.main import main
from tests.documents.test_fingerprints import words


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("QUIVIVE_CONFIG", str(tmp_path / "settings"))
    return tmp_path / "settings"


def run(capsys, *given):
    try:
        main([str(word) for word in given])
    except SystemExit as end:
        assert not end.code, capsys.readouterr().err
    return capsys.readouterr().out


def test_an_excerpt_of_a_protected_document_is_found(capsys, tmp_path, settings):
    plans = tmp_path / "plans"
    plans.mkdir()
    (plans / "gear.txt").write_bytes(words(6_000, 4))
    (plans / "empty.bin").write_bytes(b"\0\1\2")
    said = run(capsys, "protect", "add", plans)
    assert said.startswith("1 files protected; 1 without text that can be read; the index holds 1 documents in ")
    leak = tmp_path / "leak.txt"
    leak.write_bytes(words(2_000, 5) + words(6_000, 4)[1_000:3_000])
    assert run(capsys, "protect", "check", leak).startswith(f"ALERT  {plans / 'gear.txt'}: ")
    assert run(capsys, "protect", "check", plans / "gear.txt").endswith("gear.txt: the whole document\n")
    assert stat.S_IMODE(os.stat(settings / "documents.key").st_mode) == 0o600
    assert b"gear" not in (settings / "documents.index.npz").read_bytes()


def test_what_everybody_has_is_no_alarm(capsys, tmp_path):
    for name, content in (("a.txt", words(3_000, 6)), ("b.txt", words(3_000, 7))):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "plan.txt").write_bytes(words(3_000, 6) + words(3_000, 8))
    run(capsys, "protect", "add", tmp_path / "plan.txt")
    assert run(capsys, "protect", "check", tmp_path / "a.txt").startswith("ALERT")
    run(capsys, "protect", "background", tmp_path / "a.txt")
    assert run(capsys, "protect", "check", tmp_path / "a.txt") == "no passage of a protected document found\n"
    assert run(capsys, "protect", "check", tmp_path / "b.txt") == "no passage of a protected document found\n"


def test_a_folder_that_is_not_there_is_refused(capsys, tmp_path):
    for words_given in (["add", tmp_path / "none"], ["check", tmp_path / "none"]):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in ["protect", *words_given]])
        assert end.value.code == 2
