"""TOML files of the package, kept as JSON."""

from __future__ import annotations

import json
import tomllib
from datetime import date

import pytest

from quivive.model.cache import folder_of
from quivive.model.shipped_toml import read

TEXT = """
title = "Zoë"
[[row]]
day = 2026-02-28
ports = [80, 443]
[[row]]
is_whole = true
"""
HELD = {"title": "Zoë", "row": [{"day": date(2026, 2, 28), "ports": [80, 443]}, {"is_whole": True}]}


@pytest.fixture
def path(tmp_path):
    written = tmp_path / "rows.toml"
    written.write_text(TEXT, encoding="utf-8")
    return written


def test_it_reads_alike_from_toml_and_from_what_was_kept(path):
    assert [read(path), read(path)] == [HELD, HELD]


def test_it_is_read_from_what_was_kept(path):
    read(path)
    kept = folder_of(path.parent) / "rows.toml.json"
    digest, held = json.loads(kept.read_bytes())
    kept.write_text(json.dumps([digest, held | {"title": "kept"}]))
    assert read(path)["title"] == "kept"


def test_a_changed_file_is_read_again(path):
    read(path)
    path.write_text(TEXT.replace("Zo", "Chlo"), encoding="utf-8")
    assert read(path)["title"] == "Chloë"


@pytest.mark.parametrize("kept", ["", "[", "[1]", "{}", '["digest", 1]', "[[[", "null"])
def test_what_is_no_kept_file_is_made_again(path, kept):
    folder_of(path.parent).joinpath("rows.toml.json").write_text(kept)
    assert read(path) == HELD


def test_what_is_no_toml_is_refused(path):
    path.write_text("row = [")
    with pytest.raises(tomllib.TOMLDecodeError):
        read(path)
