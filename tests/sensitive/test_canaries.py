"""Canaries: made from a key, recognised by hashes."""

from __future__ import annotations

import os
import stat
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.mandate import settings
from quivive.model.errors import UsageError
from quivive.sensitive import planted
from quivive.sensitive.canaries import KINDS, digest, find, make
from quivive.sensitive.classes import BY_NAME

KEY, DAY = b"a key of thirty-two bytes, kept!", date(2026, 9, 1)


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("QUIVIVE_CONFIG", str(tmp_path / "settings"))
    return settings.folder()


def test_a_container_and_an_article_have_right_check_digits():
    for number in range(50):
        assert BY_NAME["container"].holds(make(KEY, "container", "wms", number).token)
        article = make(KEY, "price", "wms", number).token
        assert BY_NAME["GTIN"].holds(article)
        assert article.startswith("2")


def test_each_is_unique_to_its_system_and_follows_from_the_key():
    made = [make(KEY, kind, system, n).token for kind in KINDS for system in ("wms", "tms") for n in range(200)]
    assert len(set(made)) == len(made)
    assert make(KEY, "container", "wms", 1) == make(KEY, "container", "wms", 1)
    assert make(b"x" * 32, "container", "wms", 1) != make(KEY, "container", "wms", 1)


def test_a_consignee_shows_its_token():
    made = make(KEY, "consignee", "wms", 1)
    assert made.shown.endswith(f"ref. {made.token}")


def test_it_is_found_in_any_content():
    made = [make(KEY, kind, "wms", 1) for kind in KINDS]
    digests = {digest("salt", one.token) for one in made}
    content = "\n".join(one.shown for one in made).lower().encode()
    assert set(find(content, "salt", frozenset(digests))) == digests
    assert list(find(content, "other salt", frozenset(digests))) == []


@given(st.binary(max_size=300))
def test_no_content_holds_one_by_chance(content):
    held = frozenset({digest("salt", make(KEY, kind, "wms", 1).token) for kind in KINDS})
    assert list(find(content, "salt", held)) == []


def test_planted_ones_are_remembered_without_their_values(own):
    first = planted.plant("container", "wms", 2, DAY)
    second = planted.plant("container", "wms", 1, DAY)
    assert [one.name for one in [*first, *second]] == ["container-1@wms", "container-2@wms", "container-3@wms"]
    assert planted.listed() == [*first, *second]
    kept = (own / planted.FILE).read_text()
    assert not any(one.canary.token in kept for one in first)
    assert stat.S_IMODE(os.stat(own / planted.KEY_FILE).st_mode) == 0o600


def test_a_case_gets_hashes_only(own):
    (one,) = planted.plant("price", "erp", 1, DAY)
    (row,) = planted.rows_of_user()
    assert (row["canary"], row["canary_kind"], row["canary_system"]) == ("price-1@erp", "price", "erp")
    assert row["canary_digest"] == digest(row["canary_salt"], one.canary.token)
    assert one.canary.token not in repr(row)


def test_without_a_list_a_case_gets_none(own):
    assert planted.rows_of_user() == []
    assert planted.listed() == []


@pytest.mark.parametrize(
    ("kind", "system", "count"), [("bird", "wms", 1), ("price", "", 1), ("price", "a\nb", 1), ("price", "wms", 0),
                                  ("price", "wms", planted.MAX_CANARIES + 1)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(own, kind, system, count):
    with pytest.raises(UsageError):
        planted.plant(kind, system, count, DAY)


@pytest.mark.parametrize("text", ["[[canary]]\nkind = 1\n", "not toml", '[[canary]]\nkind = "price"\nsystem = "x"\n'])
def test_a_list_that_is_none_is_refused(own, text):
    planted.plant("price", "erp", 1, DAY)
    (own / planted.FILE).write_text(text)
    with pytest.raises(UsageError, match="no list of canaries"):
        planted.listed()
