"""quivive places."""

from __future__ import annotations

import pytest

from quivive.cli.main import main


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("QUIVIVE_CONFIG", str(tmp_path / "settings"))


def run(capsys, *words):
    try:
        main(words)
    except SystemExit as end:
        assert not end.code, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    return capsys.readouterr().err


def test_a_place_has_three_columns_each_with_its_source(capsys):
    lines = run(capsys, "places", "of", "47.91.64.1").splitlines()
    assert lines[0] == "located     not known"
    assert lines[1].startswith("registered  US  delegations of the five address registries (iptocc ")
    assert lines[2].startswith("controlling CN  table of operators: by address (Routes of AS37963")
    assert lines[3] == "operator    Alibaba Cloud (group Alibaba)"


def test_an_imported_table_answers_and_is_warned_of_when_old(capsys, tmp_path):
    file = tmp_path / "Old.csv"
    file.write_text("47.91.64.0,47.91.64.255,DE\n")
    run(capsys, "places", "import", str(file), "--source", "GeoTable", "--date", "2024-06-18", "--means", "located")
    told = run(capsys, "places", "of", "47.91.64.1")
    assert "located     DE  GeoTable; 2024-06-18" in told
    assert "WARNING located: source is" in told
    assert "WARNING located: source is" in run(capsys, "places", "list")


def test_a_table_without_source_or_date_is_refused(capsys, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("47.91.64.0/24,DE\n")
    assert "--source" in refused(capsys, "places", "import", str(file))
    assert "--date" in refused(capsys, "places", "import", str(file), "--source", "x")
    assert "--date" in refused(capsys, "places", "import", str(file), "--source", "x", "--date", "last year")
