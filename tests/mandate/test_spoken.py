"""What the audit holds of what was typed: the shape of a query, and pseudonyms where names stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.mandate.pseudonyms import PseudonymKey, Pseudonyms
from quivive.mandate.spoken import LONGEST, Spoken, spoken_for

NAMES = Pseudonyms(PseudonymKey(b"k" * 32, b"s" * 32))
SPOKEN = Spoken(NAMES, ("flows", "user", "resp_addr", "orig_bytes", "ts", "tls", "service"))
ALICE = NAMES.token("user", "alice")


@pytest.mark.parametrize("text", [
    "SELECT count(*) FROM flows WHERE orig_bytes > 1000000 GROUP BY 1",
    "resp_addr = '192.0.2.1' AND service = 'tls'",
    "SELECT f.ts FROM flows f WHERE ts >= '2026-03-01T08:00:00Z' AND resp_addr <<= '192.0.2.0/24'",
    "resp_registered_is_not_known IS NULL",
    f"user = '{ALICE}'",
])  # fmt: skip
def test_what_names_nobody_stays_readable(text):
    words = Spoken(NAMES, ("flows", "user", "resp_addr", "orig_bytes", "ts", "tls", "service",
                           "resp_registered_is_not_known"))  # fmt: skip
    assert words.query(text) == text


@pytest.mark.parametrize(("text", "held"), [
    ("user = 'alice'", f"user = '{ALICE}'"),
    ("user ILIKE '%Alice%'", f"user ILIKE '%{ALICE}%'"),
    ("user = $$alice$$", f"user = '{ALICE}'"),
    ('SELECT "alice" FROM flows', f'SELECT "{ALICE}" FROM flows'),
    ("SELECT 1 AS alice", f"SELECT 1 AS {ALICE}"),
    ("SELECT 1 -- ask alice", "SELECT 1 /* left out */"),
    ("SELECT /* alice */ 1", "SELECT /* left out */ 1"),
    ("user = 'alice", f"user = '{ALICE}'"),
    ("user = $alice", f"user = ${ALICE}"),
])  # fmt: skip
def test_a_name_becomes_the_pseudonym_that_the_tables_show(text, held):
    assert SPOKEN.query(text) == held


@pytest.mark.parametrize(
    "text", ["33612345678", "'0612345678'", "'alice@works.example'", "'CN=Alice Martin,O=Works'", "E'ali\\'ce'"]
)
def test_numbers_addresses_and_directory_entries_do_not_stay(text):
    held = SPOKEN.query(f"user = {text}")
    assert not any(name in held.lower() for name in ("alice", "martin", "0612345678", "3361"))


@given(st.text(max_size=60), st.sampled_from(["'", '"', "$$", "--", "/*", "%'", "E'", ""]))
def test_a_name_is_gone_wherever_it_stands(around, sign):
    held = SPOKEN.query(f"{around} {sign}alice.martin{sign} {around}")
    assert "alice" not in held and "martin" not in held


def test_without_a_key_names_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("QUIVIVE_PSEUDONYM_KEY", str(tmp_path / "none.key"))
    assert spoken_for(tmp_path / "case", ["user"]).query("user = 'alice'") == "user = '(left out)'"
    assert not (tmp_path / "none.key").exists()


@pytest.mark.parametrize(("reason", "gone"), [
    ("asked by alice@works.example, ticket 4711", "alice@"),
    ("call 06 12 34 56 78 first", "06 12"),
    ("files in /home/alice/drawings", "alice"),
])  # fmt: skip
def test_a_reason_keeps_its_words_but_no_form_of_a_name(reason, gone):
    held = SPOKEN.prose(reason)
    assert gone not in held and reason.split()[0] in held


def test_times_and_tickets_in_a_reason_stay():
    reason = "INC-7: the alarm of 2026-03-01 08:00, ticket 4711"
    assert SPOKEN.prose(reason) == reason


def test_values_beside_a_query_and_long_texts():
    assert (SPOKEN.value("alice"), SPOKEN.value(5), SPOKEN.value("192.0.2.1")) == (ALICE, "5", "192.0.2.1")
    assert len(SPOKEN.query("x, " * LONGEST)) < 10_000 * 4 and SPOKEN.query("x, " * LONGEST).endswith("(cut)")
