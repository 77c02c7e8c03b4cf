"""Which classes a message holds: a column of valid values, never a single chance hit."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.false_hits import KINDS, false_hits
from quivive.demo import trade
from quivive.sensitive.classes import BY_NAME
from quivive.sensitive.judge import judge, keyed_hash, mask
from quivive.sensitive.papers import papers_of, secrets_of

KEY = b"a key that is kept elsewhere"


def containers(n, rng=None):
    """Return valid container numbers, made by trying check digits."""
    rng, found = rng or Random(1), []
    while len(found) < n:
        body = f"KGSU{rng.randrange(10**6):06}"
        found += [body + str(check) for check in range(10) if BY_NAME["container"].holds(body + str(check))]
    return found[:n]


def column(values, name="ref"):
    return json.dumps([{name: value} for value in values]).encode()


def test_eight_valid_values_of_one_path_are_a_class_and_seven_are_not():
    assert judge(column(containers(8)), KEY).classes == ("container",)
    assert judge(column(containers(7)), KEY).classes == ()


def test_nine_of_ten_valid_are_a_class_and_eight_of_ten_are_not():
    wrong = [f"{value[:-1]}{(int(value[-1]) + 1) % 10}" for value in containers(4, Random(9))]
    assert judge(column(containers(18) + wrong[:2]), KEY).classes == ("container",)
    assert judge(column(containers(16) + wrong[:4]), KEY).classes == ()


def test_one_value_many_times_is_one_value():
    assert judge(column(containers(1) * 50), KEY).classes == ()


def test_a_column_that_says_what_it_is_needs_three():
    assert judge(column(containers(3), "containerNo"), KEY).classes == ("container",)
    assert judge(column(containers(2), "containerNo"), KEY).classes == ()


def test_free_text_needs_three_that_chance_does_not_explain_or_a_word_beside_one():
    one, two, three = containers(3)
    assert judge(f"see {one} and {two} and {three} today".encode(), KEY).classes == ()
    text = b"pay to GB82WEST12345698765432, DE89370400440532013000, BE68539007547034 today"
    assert judge(text, KEY).classes == ("IBAN",)
    assert judge(b"the IBAN is GB82WEST12345698765432.", KEY).classes == ("IBAN",)
    assert judge(b"the text is GB82WEST12345698765432.", KEY).classes == ()


def test_a_class_without_check_digit_needs_its_word():
    codes = [f"8703{n:02}" for n in range(10, 22)]
    assert judge(column(codes), KEY).classes == ()
    assert judge(column(codes, "hsCode"), KEY).classes == ("tariff code",)


def test_only_hashes_counts_and_shapes_are_kept():
    values = containers(9)
    found = judge(column(values), KEY)
    (hit,) = found.hits
    assert (hit.distinct, hit.candidates, hit.paths, hit.mask) == (9, 9, ["[].ref"], "KGAA9999999")
    assert hit.hashes == [keyed_hash(KEY, "container", value) for value in sorted(values)]
    told = repr(found)
    assert not any(value in told for value in values)


def test_another_key_gives_other_hashes():
    assert keyed_hash(KEY, "IBAN", "X") != keyed_hash(b"other", "IBAN", "X")
    assert keyed_hash(KEY, "IBAN", "X") != keyed_hash(KEY, "LEI", "X")


def test_of_a_value_that_names_a_person_no_character_is_shown():
    assert mask("first.last@hub.example", is_personal=True) == "AAAAA.AAAA@AAA.AAAAAAA"
    assert mask("255081416802538", is_personal=True) == "9" * 15


def test_a_partners_form_is_a_customs_paper_of_postal_items():
    post = trade.partner_post(Random(4), "link.example", 12, 10**18).partition(b"\r\n\r\n")[2]
    found = judge(post, KEY)
    assert "postal item" in found.classes
    assert found.combinations == ["party, goods and value"]
    assert found.papers == ["LINK form HUB_PARCEL_INBOUND"]


def test_an_interchange_is_told_by_its_type_parties_and_goods():
    order = trade.transport_order(Random(4), 12, 10**18)
    assert papers_of(order) == ["EDIFACT IFTMIN D: 13 parties, 12 goods"]
    assert "postal item" in judge(order, KEY).classes


def test_a_list_of_people_is_told():
    people = [{"mail": f"person{n}@customer.example"} for n in range(20)]
    assert judge(json.dumps(people).encode(), KEY).combinations == ["list of people"]
    assert judge(json.dumps(people[:19]).encode(), KEY).combinations == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"-----BEGIN RSA PRIVATE KEY-----\nMIIE", {"private key": 1}),
        (b"key=AKIAIOSFODNN7EXAMPLE;", {"cloud access key": 1}),
        (b"postgres://wms:Secret9@db.hub.example/x", {"connection string": 1}),
        (b'{"password": "Rotterdam-1998"}', {"password": 1}),
        (b"password = os.environ['PW']; password: ********; pwd=${PW}", {}),
        (b"a public KEY", {}),
    ],
)
def test_credentials_are_counted_and_never_kept(content, found):
    assert secrets_of(content) == found
    assert "Rotterdam" not in repr(judge(content, KEY))


@pytest.mark.parametrize("kind", KINDS)
def test_what_holds_none_gives_no_false_hit(kind):
    """But for mail addresses, which stand in source code and are what they seem."""
    ruled, _ = false_hits(kind, 0.2)
    assert {name: n for name, n in ruled.items() if name != "e-mail"} == {}


@given(st.binary(max_size=400))
def test_any_bytes_can_be_judged(content):
    judge(content, KEY)
