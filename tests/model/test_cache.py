"""Where a machine keeps what it has worked out."""

from __future__ import annotations

from pathlib import Path

from quivive.model import cache
from quivive.model.cache import folder_of, keep


def test_the_folder_that_was_named_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "named"))
    assert folder_of.__wrapped__(tmp_path).parent == tmp_path / "named"


def test_beside_the_sources_where_no_folder_was_named(tmp_path, monkeypatch):
    monkeypatch.delenv(cache.FOLDER, raising=False)
    assert folder_of.__wrapped__(tmp_path) == tmp_path / "__pycache__"


def test_in_the_users_own_where_nothing_can_be_written_beside_the_sources(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    monkeypatch.setenv(cache.FOLDER, "/dev/null/nowhere")
    assert folder_of.__wrapped__(Path("/dev/null/sources")).parent == tmp_path / "own" / "quivive"


def test_nowhere_where_nothing_can_be_written(monkeypatch):
    for name in (cache.FOLDER, "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "/dev/null/nowhere")
    assert folder_of.__wrapped__(Path("/dev/null/sources")) is None


def test_what_is_kept_replaces_what_was(tmp_path):
    for content in (b"first", b"second"):
        keep(tmp_path, "answer", content)
    folder = folder_of(tmp_path)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("answer", b"second")]


def test_a_folder_that_was_taken_away_costs_only_time(tmp_path):
    folder = folder_of(tmp_path)
    folder.rmdir()
    keep(tmp_path, "answer", b"first")
    assert not folder.exists()
