"""Numbers of money: IBAN (ISO 13616), payment cards (ISO/IEC 7812), LEI (ISO 17442)."""

from __future__ import annotations

from quivive.sensitive.check_digits import is_luhn, mod97

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
CARD_STARTS = (
    ("4", (13, 16, 19)),
    *((str(first), (16,)) for first in range(51, 56)),
    *((str(first), (16,)) for first in range(2221, 2721)),
    ("34", (15,)),
    ("37", (15,)),
    ("36", (14,)),
    ("38", (14,)),
    ("6011", (16,)),
    ("65", (16,)),
    ("35", (16,)),
    ("62", (16, 19)),
)
"""First digits of the card schemes and the lengths they use (ISO/IEC 7812-1)."""


def is_iban(text: str) -> bool:
    """Return whether a text is an IBAN: its country's length, and remainder 1 once its head stands behind."""
    if len(text) != IBAN_LENGTHS.get(text[:2]) or not 2 <= int(text[2:4]) <= 98:
        return False
    if mod97(text[4:] + text[:4]) != 1:
        return False
    return _national(text)


def _national(text: str) -> bool:
    """Return whether the check within the account holds, in the countries where it is 97's."""
    if text[:2] == "BE":
        return (int(text[4:14]) % 97 or 97) == int(text[14:]) if text[4:].isdecimal() else False
    if text[:2] == "FR":
        return _rib(text[4:])
    return True


FRENCH = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def _rib(text: str) -> bool:
    """Return whether a French account's key is right: letters count as digits 1 to 9."""
    if not (text[:10].isdecimal() and text[21:].isdecimal()):
        return False
    bank, office, account = int(text[:5]), int(text[5:10]), int(text[10:21].translate(FRENCH))
    return 97 - (89 * bank + 15 * office + 3 * account) % 97 == int(text[21:])


def is_card(text: str) -> bool:
    """Return whether digits are a payment card's: a scheme's first digits, its length, and Luhn."""
    fits = any(text.startswith(start) and len(text) in lengths for start, lengths in CARD_STARTS)
    return fits and len(set(text)) > 1 and is_luhn(text)


def is_lei(text: str) -> bool:
    """Return whether a text is a legal entity identifier."""
    return mod97(text) == 1
