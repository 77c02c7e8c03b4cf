"""Check digits by the standards' arithmetic: what a number must satisfy to be one of its kind."""

from __future__ import annotations

from collections.abc import Sequence

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits(text: str) -> list[int]:
    """Return the digits of a text of ASCII digits."""
    return [ord(character) - 48 for character in text]


def is_luhn(text: str) -> bool:
    """Return whether digits end in their Luhn digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits(text))):
        doubled = digit * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def weighted(text: str, weights: Sequence[int]) -> int:
    """Return the sum of digits, each times its weight."""
    return sum(digit * weight for digit, weight in zip(digits(text), weights, strict=True))


def mod97(text: str) -> int:
    """Return the remainder by 97 of letters and digits, A as 10 to Z as 35 (ISO/IEC 7064)."""
    rest = 0
    for character in text:
        value = int(character, 36)
        rest = (rest * (100 if value > 9 else 10) + value) % 97
    return rest


def is_mod11_10(text: str) -> bool:
    """Return whether digits satisfy the hybrid system MOD 11,10 (ISO/IEC 7064)."""
    product = 10
    for digit in digits(text[:-1]):
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return (product + int(text[-1])) % 10 == 1


def is_mod10_31(text: str) -> bool:
    """Return whether digits end in the digit of GS1: weights 3 and 1 from the right."""
    total = sum(digit * (1 if place % 2 == 0 else 3) for place, digit in enumerate(reversed(digits(text))))
    return total % 10 == 0
