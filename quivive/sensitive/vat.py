"""VAT numbers of the European Union: form and check digits, country by country; and EORI numbers built on them.

Where a country's arithmetic is not public or not used here (LV) only the form counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from quivive.sensitive.business import is_siren, is_siret
from quivive.sensitive.check_digits import LETTERS, digits, is_luhn, is_mod11_10, mod97, weighted


def _at(text: str) -> bool:
    doubled = [digit * (1 + place % 2) for place, digit in enumerate(digits(text[1:8]))]
    return (96 - sum(value // 10 + value % 10 for value in doubled)) % 10 == int(text[8])


def _be(text: str) -> bool:
    return 97 - int(text[:8]) % 97 == int(text[8:])


def _bg(text: str) -> bool:
    rest = weighted(text[:8], range(1, 9)) % 11
    return (weighted(text[:8], range(3, 11)) % 11 % 10 if rest == 10 else rest) == int(text[8])


def _cy(text: str) -> bool:
    odd = dict(enumerate((1, 0, 5, 7, 9, 13, 15, 17, 19, 21)))
    total = sum(odd[digit] if place % 2 == 0 else digit for place, digit in enumerate(digits(text[:8])))
    return LETTERS[total % 26] == text[8]


def _cz(text: str) -> bool:
    return (11 - weighted(text[:7], range(8, 1, -1)) % 11) % 10 == int(text[7])


def _dk(text: str) -> bool:
    return weighted(text, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _ee(text: str) -> bool:
    return weighted(text, (3, 7, 1, 3, 7, 1, 3, 7, 1)) % 10 == 0


def _el(text: str) -> bool:
    return weighted(text[:8], [1 << power for power in range(8, 0, -1)]) % 11 % 10 == int(text[8])


def _es(text: str) -> bool:
    number = text[:8].translate(str.maketrans("XYZ", "012"))
    if number.isdecimal():
        return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[8]
    doubled = [digit * (2 - place % 2) for place, digit in enumerate(digits(text[1:8]))]
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    return text[8] in (str(check), "JABCDEFGHI"[check])


def _fi(text: str) -> bool:
    return weighted(text, (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0


def _fr(text: str) -> bool:
    key, siren = text[:2], text[2:]
    return is_siren(siren) and (not key.isdecimal() or int(key) == (12 + 3 * (int(siren) % 97)) % 97)


def _hu(text: str) -> bool:
    return weighted(text, (9, 7, 3, 1, 9, 7, 3, 1)) % 10 == 0


def _ie(text: str) -> bool:
    second = LETTERS.index(text[8]) + 1 if len(text) == 9 else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(text[:7], range(8, 1, -1)) + 9 * second) % 23] == text[7]


def _lt(text: str) -> bool:
    rest = weighted(text[:8], range(1, 9)) % 11
    return (weighted(text[:8], (3, 4, 5, 6, 7, 8, 9, 1)) % 11 % 10 if rest == 10 else rest) == int(text[8])


def _lu(text: str) -> bool:
    return int(text[:6]) % 89 == int(text[6:])


def _mt(text: str) -> bool:
    return weighted(text, (3, 4, 6, 7, 8, 9, 10, 1)) % 37 == 0


def _nl(text: str) -> bool:
    old = weighted(text[:8], range(9, 1, -1)) % 11 == int(text[8])
    return old or mod97(f"NL{text}") == 1


def _pl(text: str) -> bool:
    return weighted(text[:9], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(text[9])


def _pt(text: str) -> bool:
    return (11 - weighted(text[:8], range(9, 1, -1)) % 11) % 11 % 10 == int(text[8])


def _ro(text: str) -> bool:
    return weighted(text[:-1].rjust(9, "0"), (7, 5, 3, 2, 1, 7, 5, 3, 2)) * 10 % 11 % 10 == int(text[-1])


def _se(text: str) -> bool:
    return is_luhn(text[:10]) and 1 <= int(text[10:]) <= 94


def _si(text: str) -> bool:
    check = 11 - weighted(text[:7], range(8, 1, -1)) % 11
    return check != 11 and check % 10 == int(text[7])


def _sk(text: str) -> bool:
    return int(text) % 11 == 0


COUNTRIES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "AT": (r"U\d{8}", _at), "BE": (r"[01]\d{9}", _be), "BG": (r"\d{9}", _bg), "CY": (r"\d{8}[A-Z]", _cy),
    "CZ": (r"\d{8}", _cz), "DE": (r"[1-9]\d{8}", is_mod11_10), "DK": (r"[1-9]\d{7}", _dk), "EE": (r"\d{9}", _ee),
    "EL": (r"\d{9}", _el), "ES": (r"[0-9A-Z]\d{7}[0-9A-Z]", _es), "FI": (r"\d{8}", _fi),
    "FR": (r"[0-9A-HJ-NP-Z]{2}\d{9}", _fr), "HR": (r"\d{11}", is_mod11_10), "HU": (r"\d{8}", _hu),
    "IE": (r"\d{7}[A-W][A-I]?", _ie), "IT": (r"\d{11}", is_luhn), "LT": (r"\d{7}1\d", _lt), "LU": (r"\d{8}", _lu),
    "LV": (r"[4-9]\d{10}", lambda _: True), "MT": (r"[1-9]\d{7}", _mt), "NL": (r"\d{9}B\d{2}", _nl),
    "PL": (r"\d{10}", _pl), "PT": (r"[1-9]\d{8}", _pt), "RO": (r"[1-9]\d{1,9}", _ro), "SE": (r"\d{10}\d{2}", _se),
    "SI": (r"[1-9]\d{7}", _si), "SK": (r"[1-9]\d{9}", _sk),
}  # fmt: skip
FORMS = {country: re.compile(form) for country, (form, _) in COUNTRIES.items()}


def is_vat(text: str) -> bool:
    """Return whether a text is the VAT number of a country of the European Union, its two letters in front."""
    country, number = text[:2], text[2:]
    return country in COUNTRIES and FORMS[country].fullmatch(number) is not None and COUNTRIES[country][1](number)


def is_eori(text: str) -> bool:
    """Return whether a text is an EORI number that is built on a number with check digits: VAT, or FR's SIRET."""
    if text.startswith("FR") and len(text) == 16 and text[2:].isdecimal():
        return is_siret(text[2:])
    return is_vat(text)
