"""Check digits: each validator on public examples, on every single wrong digit, and on chance."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.sensitive.classes import BY_NAME, CLASSES
from quivive.sensitive.vat import COUNTRIES, is_vat

# Examples from the standards and the issuers' own guides.
EXAMPLES = {
    "IBAN": "GB82WEST12345698765432 DE89370400440532013000 FR1420041010050500013M02606 BE68539007547034",
    "payment card": "4111111111111111 5500005555555559 378282246310005 2223003122003222",
    "LEI": "7LTWFZYICNSX8D621K86",
    "VAT number": "ATU13585627 BE0428759497 DE136695976 FR40303265045 IT00743110157 NL004495445B01 PL8567346215",
    "EORI": "FR73282932000074 BE0428759497",
    "SIRET": "73282932000074",
    "SIREN": "732829320",
    "USCC": "91110000600037341L",
    "NIR": "255081416802538",
    "Belgian national number": "85073003328 17073003384",
    "container": "CSQU3054383 TOLU4734787",
    "postal item": "RR473124829GB",
    "SSCC": "00123456789012345675 006141411234567890",
    "GTIN": "4006381333931",
    "air waybill": "17612345675",
    "IMEI": "490154203237518",
    "VIN": "1M8GDM9AXKP042788",
    "tariff code": "870323 87032319 8703231910",
    "e-mail": "parcels@hub.example first.last+tag@mail.hub.example",
    "phone": "+33123456789",
}
ONE_WRONG_DIGIT = ("IBAN", "payment card", "LEI", "SIRET", "SIREN", "container", "GTIN", "SSCC", "IMEI", "USCC")
"""Classes whose arithmetic finds every single wrong digit (container: but for 0 and the tenth remainder)."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_public_examples_are_valid(name):
    for example in EXAMPLES[name].split():
        plain = BY_NAME[name].read(example)
        assert plain, example
        assert BY_NAME[name].holds(plain), example


def test_every_class_has_an_example():
    assert set(EXAMPLES) == set(BY_NAME)


@pytest.mark.parametrize("name", ONE_WRONG_DIGIT)
def test_one_wrong_digit_is_found(name):
    one = BY_NAME[name]
    plain = one.read(EXAMPLES[name].split()[0])
    for place, sign in enumerate(plain):
        if sign.isdecimal() and not (name == "SSCC" and place < 2):
            for other in set("0123456789") - {sign}:
                wrong = plain[:place] + other + plain[place + 1 :]
                held = one.form.fullmatch(wrong) is not None and one.holds(wrong)
                assert not held or name == "container", wrong


@pytest.mark.parametrize(
    ("name", "shape"),
    [("container", "ABCU9999999"), ("postal item", "RR999999999FR"), ("IMEI", "999999999999999"),
     ("GTIN", "9999999999999"), ("SIRET", "99999999999999"), ("SSCC", "999999999999999999"),
     ("air waybill", "99999999999"),
     ("SIREN", "999999999"), ("Belgian national number", "99999999999"), ("payment card", "4999999999999999")],
)  # fmt: skip
def test_chance_makes_no_more_valid_than_is_reckoned_with(name, shape):
    rng, one = Random(7), BY_NAME[name]
    values = ["".join(rng.choice("0123456789") if sign == "9" else sign for sign in shape) for _ in range(20_000)]
    share = sum(one.holds(value) for value in values) / len(values)
    assert share <= max(one.random_share * 1.15, 0.102 if name == "payment card" else 0.0)


@pytest.mark.parametrize("country", COUNTRIES)
def test_of_a_countrys_vat_numbers_few_are_valid(country):
    """Countries whose arithmetic is used: at most one in eight of random numbers; LV: the form alone."""
    rng, n_forms, n_valid = Random(3), 0, 0
    samples = {"AT": "U99999999", "CY": "99999999L", "ES": "B99999999", "FR": "99999999999", "IE": "9999999W",
               "NL": "999999999B99", "HR": "9" * 11, "IT": "9" * 11, "LV": "9" * 11, "LT": "999999919",
               "BE": "0" + "9" * 9,
               "PL": "9" * 10, "RO": "9" * 10, "SK": "9" * 10, "SE": "9" * 10 + "01",
               "BG": "9" * 9, "DE": "9" * 9, "EE": "9" * 9, "EL": "9" * 9, "PT": "9" * 9}  # fmt: skip
    for _ in range(3_000):
        shape = samples.get(country, "9" * 8)
        text = country + "".join(rng.choice("0123456789") if sign == "9" else sign for sign in shape)
        if BY_NAME["VAT number"].form.fullmatch(text):
            n_forms += 1
            n_valid += is_vat(text)
    assert n_forms
    assert n_valid / n_forms <= (1.0 if country == "LV" else 0.22)


@given(st.text(max_size=60))
def test_any_text_is_valid_or_not_and_nothing_else(text):
    for one in CLASSES:
        plain = one.read(text)
        assert not plain or one.holds(plain) in (True, False)


@given(st.sampled_from(CLASSES), st.data())
def test_any_value_of_the_form_is_valid_or_not(one, data):
    value = data.draw(st.from_regex(one.form, fullmatch=True))
    assert one.holds(value) in (True, False)
