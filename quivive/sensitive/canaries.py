"""Canaries: values that look like business and belong to no business; seen outside, they prove the way they took.

Each is made for one system, from a key that only the organisation has: a container's number and an article's with the
right check digit, a consignee with a reference of its own. A case holds only salted hashes of them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import NamedTuple

from quivive.sensitive.check_digits import is_mod10_31
from quivive.sensitive.goods import is_container

KINDS = ("container", "consignee", "price")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
REFERENCE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
FIRST_WORDS = ("Saddler", "Weir", "Harbour", "Alder", "Quay", "Millrace", "Foundry", "Granary", "Lantern", "Towpath")
LAST_WORDS = ("Trading", "Supplies", "Forwarding", "Stores", "Logistics", "Merchants", "Imports", "Fittings")
STREETS = ("Wharf Road", "Station Street", "Mill Lane", "Dock Row", "Canal Side", "Market Place")
TOWNS = ("Lakeford", "Millbrook", "Stonebridge", "Weirside", "Harbour End", "Ashby Moor")
WORD = re.compile(rb"[A-Za-z0-9]{10,14}")
"""What a canary's token looks like in any content: eleven signs of a container, ten of a reference, thirteen digits."""
MAX_TOKENS = 200_000


class Canary(NamedTuple):
    """token: what is recognised; shown: what is planted, one line."""

    kind: str
    system: str
    number: int
    token: str
    shown: str


def make(key: bytes, kind: str, system: str, number: int) -> Canary:
    """Return the canary of a kind with a number for a system: the same key always gives the same."""
    made = hmac.new(key, f"{kind}\0{system}\0{number}".encode("utf-8", "backslashreplace"), hashlib.sha512).digest()
    token, shown = MAKERS[kind](made)
    return Canary(kind, system, number, token, shown)


def _container(made: bytes) -> tuple[str, str]:
    owner = "".join(LETTERS[byte % len(LETTERS)] for byte in made[:3]) + "U"
    serial = f"{int.from_bytes(made[4:10], 'big') % 10**6:06}"
    token = next(f"{owner}{serial}{check}" for check in range(10) if is_container(f"{owner}{serial}{check}"))
    return token, token


def _consignee(made: bytes) -> tuple[str, str]:
    token = "".join(REFERENCE_SIGNS[byte % len(REFERENCE_SIGNS)] for byte in made[:10])
    name = f"{FIRST_WORDS[made[11] % len(FIRST_WORDS)]} {LAST_WORDS[made[12] % len(LAST_WORDS)]}"
    place = f"{1 + made[13] % 180} {STREETS[made[14] % len(STREETS)]}, {TOWNS[made[15] % len(TOWNS)]}"
    return token, f"{name}, {place}, ref. {token}"


def _price(made: bytes) -> tuple[str, str]:
    body = f"2{int.from_bytes(made[:8], 'big') % 10**11:011}"  # GS1: numbers from 20 to 29 are nobody's article
    token = next(f"{body}{check}" for check in range(10) if is_mod10_31(f"{body}{check}"))
    cents = 500 + int.from_bytes(made[9:12], "big") % 90_000
    return token, f"{token};fitting {made[13]:02X}-{made[14] % 90 + 10};{cents // 100}.{cents % 100:02};EUR"


MAKERS = {"container": _container, "consignee": _consignee, "price": _price}


def digest(salt: str, token: str) -> str:
    """Return what a case holds of a token: enough to recognise it, not to read it off the table."""
    return hashlib.sha256(f"{salt}{token}".encode()).hexdigest()


def find(content: bytes, salt: str, digests: frozenset[str]) -> Iterator[str]:
    """Yield the digests of the canaries that stand in content; each once."""
    seen: set[bytes] = set()
    for number, found in enumerate(WORD.finditer(content)):
        if number >= MAX_TOKENS:
            return
        word = found[0].upper()
        if word not in seen:
            seen.add(word)
            hashed = digest(salt, word.decode("ascii"))
            if hashed in digests:
                yield hashed
