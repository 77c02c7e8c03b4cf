"""Sealed names: one opens with the right key, and nothing opens with another or after a change."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.mandate import sealed
from quivive.mandate.pseudonyms import PseudonymKey
from quivive.mandate.sealed import SealedNames, opened
from quivive.model.errors import MandateError

KEY = PseudonymKey(b"k" * 32, b"s" * 32)


def test_a_name_is_sealed_once_and_opens_alone(tmp_path):
    names = SealedNames(tmp_path / "names.sealed", KEY)
    for _ in range(2):
        names.seal("user-aaaaaaaaaaaaa", "alice")
        names.seal("user-bbbbbbbbbbbbb", "bob")
    held = (tmp_path / "names.sealed").read_text()
    assert held.count("\n") == 2 and "alice" not in held
    assert opened(tmp_path / "names.sealed", KEY, "user-bbbbbbbbbbbbb") == "bob"


def test_another_key_opens_nothing(tmp_path):
    SealedNames(tmp_path / "n", KEY).seal("user-a", "alice")
    with pytest.raises(MandateError, match="another key, or altered"):
        opened(tmp_path / "n", PseudonymKey(b"k" * 32, b"t" * 32), "user-a")


def test_a_name_moved_to_another_pseudonym_does_not_open(tmp_path):
    SealedNames(tmp_path / "n", KEY).seal("user-a", "alice")
    (tmp_path / "n").write_text((tmp_path / "n").read_text().replace("user-a", "user-b"))
    with pytest.raises(MandateError, match="altered"):
        opened(tmp_path / "n", KEY, "user-b")


@pytest.mark.parametrize(
    "held", ["", "{}\n", "[]\n", "no json\n", '{"pseudonym": "user-a"}\n', '{"pseudonym": "user-a", "sealed": "!"}\n']
)
def test_a_damaged_file_is_one_line(tmp_path, held):
    (tmp_path / "n").write_text(held)
    with pytest.raises(MandateError) as raised:
        opened(tmp_path / "n", KEY, "user-a")
    assert "\n" not in str(raised.value)


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_same_nonce_is_never_used_for_two_names(one, other):
    nonce = [sealed.base64.b64decode(sealed.sealed(b"s" * 32, "user-a", name))[:12] for name in (one, other)]
    assert (nonce[0] == nonce[1]) == (
        one.encode("utf-8", "backslashreplace") == other.encode("utf-8", "backslashreplace")
    )


def test_names_beyond_the_bound_are_counted_and_left(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed, "MOST_NAMES", 2)
    names = SealedNames(tmp_path / "n", KEY)
    for number in range(4):
        names.seal(f"user-{number}", str(number))
    assert names.n_left_out == 2 and len((tmp_path / "n").read_text().splitlines()) == 2


def test_lines_are_json_that_anyone_can_read(tmp_path):
    SealedNames(tmp_path / "n", KEY).seal("user-a", "a" * 5000)
    (line,) = (tmp_path / "n").read_text().splitlines()
    assert len(line) < sealed.LINE_BYTES and json.loads(line)["pseudonym"] == "user-a"
