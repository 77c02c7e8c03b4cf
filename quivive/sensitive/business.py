"""Numbers of firms and of persons: SIREN, SIRET, China's credit code, France's NIR, Belgium's national number."""

from __future__ import annotations

from quivive.sensitive.check_digits import is_luhn

USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LA_POSTE = "356000000"
"""Its many offices have SIRET numbers whose digits sum up to a multiple of five instead."""


def is_siren(text: str) -> bool:
    """Return whether nine digits are a French firm's."""
    return len(set(text)) > 1 and is_luhn(text)


def is_siret(text: str) -> bool:
    """Return whether fourteen digits are a French establishment's."""
    if text.startswith(LA_POSTE):
        return is_luhn(text) or sum(map(int, text)) % 5 == 0
    return is_siren(text[:9]) and is_luhn(text)


def is_uscc(text: str) -> bool:
    """Return whether a text is a Chinese unified social credit code (GB 32100-2015): powers of 3, modulo 31."""
    total = sum(USCC_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    return USCC_SIGNS[-total % 31] == text[17]


def is_nir(text: str) -> bool:
    """Return whether a text is a French social security number: 97 less the remainder; Corsica counts as 19 and 18."""
    month = int(text[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return False
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(text[13:])


def is_belgian_person(text: str) -> bool:
    """Return whether eleven digits are a Belgian national number; those born from 2000 have a 2 in front to compute."""
    month, day = int(text[2:4]) % 20, int(text[4:6])
    if month > 12 or day > 31:
        return False
    return int(text[9:]) in (97 - int(text[:9]) % 97, 97 - int("2" + text[:9]) % 97)
