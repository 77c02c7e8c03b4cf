"""The reference pages say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.docs import DOCS, pages

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_not_stale(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name], "run `make docs`"


def test_every_page_is_linked_from_the_readme():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/{name}" in readme for name in PAGES)


def test_the_readme_opens_with_the_two_commands():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (first, second) = [line.split("#")[0].strip() for line in readme.split("```")[1].strip().splitlines()]
    assert (first, second) == ("make demo", "make test")
