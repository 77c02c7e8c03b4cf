"""Numbers of goods and their carriage: containers, parcels, pallets, air waybills, devices, vehicles, tariff codes."""

from __future__ import annotations

from quivive.sensitive.check_digits import is_luhn, is_mod10_31, weighted

CONTAINER_VALUES = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (value for value in range(10, 39) if value % 11), strict=True)
) | {str(digit): digit for digit in range(10)}
VIN_SIGNS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
VIN_VALUES = dict(zip(VIN_SIGNS, (*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
CHAPTERS = frozenset(range(1, 98)) - {77}
"""Chapters of the Harmonized System; 77 is kept free."""
COUNTRY_CODES = """
    AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL
    CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB GD GE GH GI GL GM GN GQ GR GT GW
    GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV
    LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PT
    PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ
    UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW
"""
COUNTRIES = frozenset(COUNTRY_CODES.split())
"""Countries by ISO 3166."""


def is_container(text: str) -> bool:
    """Return whether a text is a freight container's (ISO 6346)."""
    total = sum(CONTAINER_VALUES[sign] << place for place, sign in enumerate(text[:10]))
    return total % 11 % 10 == int(text[10])


def is_postal_item(text: str) -> bool:
    """Return whether a text is an item number of the post (UPU S10), of a country that there is."""
    left = 11 - weighted(text[2:10], S10_WEIGHTS) % 11
    return {10: 0, 11: 5}.get(left, left) == int(text[10]) and text[11:] in COUNTRIES


def is_pallet(text: str) -> bool:
    """Return whether digits are a serial shipping container code, perhaps with its 00 in front (GS1)."""
    return is_mod10_31(text[-18:]) and len(set(text)) > 1


def is_article(text: str) -> bool:
    """Return whether digits are a trade item number (GTIN-13 or GTIN-14, GS1)."""
    return is_mod10_31(text) and len(set(text)) > 1


def is_air_waybill(text: str) -> bool:
    """Return whether eleven digits are an air waybill: three of the airline, seven, and their remainder by seven."""
    return int(text[3:10]) % 7 == int(text[10]) and text[:3] != "000"


def is_device(text: str) -> bool:
    """Return whether fifteen digits are a mobile device's (IMEI, 3GPP TS 23.003)."""
    return is_luhn(text) and len(set(text)) > 1


def is_vehicle(text: str) -> bool:
    """Return whether a text is a vehicle's with a check digit, as North America has it (49 CFR 565)."""
    rest = sum(VIN_VALUES[sign] * weight for sign, weight in zip(text, VIN_WEIGHTS, strict=True)) % 11
    return "0123456789X"[rest] == text[8]


def is_tariff_code(text: str) -> bool:
    """Return whether digits can be a code of goods (HS, CN, TARIC): its chapter is one that there is."""
    return int(text[:2]) in CHAPTERS and text[2:4] != "00"
