"""Machine code on disk: used only where nothing it was made of has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from quivive.kernels import compiled
from quivive.kernels.compiled import Compiled, keep, load, stamp_of
from quivive.model.cache import folder_of

CODE = Compiled("double", "wrapper_of_double", "environment_of_double", b"\x7fELF" + bytes(range(256)))
NAME = "doubling.double-0123.nbc"


@pytest.fixture
def source(tmp_path) -> Path:
    written = tmp_path / "doubling.py"
    written.write_text("def double(x): return 2 * x\n")
    return written


def test_what_was_kept_is_loaded(source):
    keep(source, NAME, CODE)
    assert load(source, NAME) == CODE


def test_nothing_is_loaded_where_nothing_was_kept(source):
    assert load(source, NAME) is None


def test_code_of_another_source_is_not_loaded(source):
    keep(source, NAME, CODE)
    changed = source.with_name("changed.py")
    changed.write_text("def double(x): return 3 * x\n")
    assert load(changed, NAME) is None


@pytest.mark.parametrize("size", [0, 1, 40, 200, -1])
def test_a_cut_file_is_not_loaded(source, size):
    keep(source, NAME, CODE)
    path = folder_of(source.parent) / NAME
    path.write_bytes(path.read_bytes()[:size])
    assert load(source, NAME) is None


def test_a_changed_byte_is_noticed(source):
    keep(source, NAME, CODE)
    path = folder_of(source.parent) / NAME
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    assert load(source, NAME) is None


def test_the_stamp_covers_what_a_file_imports():
    kernels = compiled.PACKAGE / "kernels"
    assert kernels / "wire.py" in compiled.sources_of(kernels / "headers.py")
    assert stamp_of(kernels / "headers.py") != stamp_of(kernels / "wire.py")
