"""Which sensitive classes clear content holds: decided on the share of valid values, not on single hits.

Of n values of one field path that have a class' form, k are valid. Chance makes a share q valid; a column is of the
class where n >= 8 and k / n >= 0.9 (by chance q ** k). Free text needs three distinct valid values that chance does not
explain, or one valid value with a word of its kind near it. What is kept is keyed hashes, counts and masks.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quivive.sensitive.classes import CLASSES, SensitiveClass
from quivive.sensitive.fields import FREE, Fields, fields_of
from quivive.sensitive.papers import papers_of, secrets_of

LEAST_VALUES = 8
LEAST_SHARE = 0.9
LEAST_DISTINCT = 3
LARGEST_CHANCE = 1e-3
"""Likelihood that chance alone made so many values of a free text valid, below which it is believed."""
CONTEXT_CHARACTERS = 40
MAX_HASHES = 1024
"""Keyed hashes kept of one class: a list of values is told by them, not stored."""
HASH_CHARACTERS = 16
COMBINATION_POINTS, PAPER_POINTS, SECRET_POINTS = 10.0, 8.0, 12.0
MASK_CHARACTERS = 24
MAX_CANDIDATES = 20_000
WORD = re.compile(r"[A-Za-z0-9+][\w.!#$%&'*+/=?^`{|}~@-]{4,80}", re.ASCII)


@dataclass
class Hit:
    """One class in one message: how many distinct values, where, and what may be kept of them."""

    name: str
    paths: list[str]
    distinct: int
    candidates: int
    hashes: list[str]
    mask: str
    is_personal: bool


@dataclass
class Judged:
    """What a message holds: classes, combinations of them, credentials and papers, and a score."""

    hits: list[Hit] = field(default_factory=list)
    combinations: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    secrets: dict[str, int] = field(default_factory=dict)
    score: float = 0.0

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes found."""
        return tuple(hit.name for hit in self.hits)


def judge(content: bytes, key: bytes) -> Judged:
    """Return which classes clear content holds. key: of the hashes, kept outside the case."""
    by_path = fields_of(content)
    hits = [hit for one in CLASSES if (hit := _hit(one, by_path, key)) is not None]
    hits = _without_shadows(hits)
    weights = {one.name: one.weight for one in CLASSES}
    score = sum(weights[hit.name] * math.log2(1 + hit.distinct) for hit in hits)
    found = list(combinations(hits, by_path))
    papers, secrets = papers_of(content), secrets_of(content)
    score += COMBINATION_POINTS * len(found) + PAPER_POINTS * len(papers) + SECRET_POINTS * sum(secrets.values())
    return Judged(hits, found, papers, secrets, round(score, 1))


def combinations(hits: Sequence[Hit], by_path: Fields) -> Iterator[str]:
    """Yield what classes mean together: a customs paper, a list of people, who ships what in which container."""
    names = {hit.name: hit for hit in hits}
    words = " ".join(by_path)[:20_000].casefold()
    party = re.search(r"consignee|shipper|sender|receiver|buyer|seller|nad\+|n1\*|partner|destinataire|client", words)
    worth = re.search(r"value|price|amount|moa\+|montant|prix|currency", words)
    thing = re.search(r"goods|description|commodity|hs|article|ftx\+|gid\+|lin\*|item|marchandise", words)
    if party and worth and thing:
        yield "party, goods and value"
    if any(names[name].distinct >= 20 for name in ("e-mail", "phone") if name in names):
        yield "list of people"
    if "container" in names and re.search(r"vessel|voyage|eta|tdt\+|navire", words):
        yield "container and voyage"
    if worth and thing and sum(len(values) for values in by_path.values()) >= 60 and not party:
        yield "price list"


def _hit(one: SensitiveClass, by_path: Fields, key: bytes) -> Hit | None:
    paths, values, candidates = [], [], 0
    for path, texts in by_path.items():
        valid, n = _free_values(one, texts) if path == FREE else _column(one, path, texts)
        candidates += n
        if valid:
            paths.append(path)
            values += valid
    distinct = sorted(set(values))
    if not distinct:
        return None
    hashes = [keyed_hash(key, one.name, value) for value in distinct[:MAX_HASHES]]
    return Hit(
        one.name,
        paths[:8],
        len(distinct),
        candidates,
        hashes,
        mask(distinct[0], is_personal=one.is_personal),
        one.is_personal,
    )


def _column(one: SensitiveClass, path: str, texts: Sequence[str]) -> tuple[list[str], int]:
    """Return the valid values of a field path, where the path is of the class."""
    plain = [value for text in texts[:MAX_CANDIDATES] if (value := one.read(text))]
    valid = [value for value in plain if one.holds(value)]
    named = _is_named(one, path)
    enough = len(set(valid)) >= (LEAST_DISTINCT if named else LEAST_VALUES)
    mostly = len(plain) >= 0.5 * len(texts) and len(valid) >= LEAST_SHARE * len(plain)
    likely = one.random_share ** len(set(valid)) < LARGEST_CHANCE
    if enough and mostly and (named or (likely and not one.needs_context)):
        return valid, len(plain)
    return [], len(plain)


def _is_named(one: SensitiveClass, path: str) -> bool:
    """Return whether a path's name says the class: a word of its own, such as hsCode or IBAN_payee."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", path)
    words = re.split(r"[^a-z0-9+é]+", spaced.casefold())
    joined = "".join(words)
    return any(word in words or (len(word) > 3 and word.replace(" ", "") in joined) for word in one.context)


def _free_values(one: SensitiveClass, texts: Sequence[str]) -> tuple[list[str], int]:
    valid, near, n = [], [], 0
    for text in texts:
        for found in WORD.finditer(text):
            plain = one.read(found[0].rstrip(".,;:-"))
            if not plain:
                continue
            n += 1
            if n > MAX_CANDIDATES:
                break
            if one.holds(plain):
                valid.append(plain)
                around = text[max(found.start() - CONTEXT_CHARACTERS, 0) : found.end() + CONTEXT_CHARACTERS].casefold()
                if any(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", around) for word in one.context):
                    near.append(plain)
    enough = len(set(valid)) >= LEAST_DISTINCT and not one.needs_context
    if enough and _chance(n, len(valid), one.random_share) < LARGEST_CHANCE:
        return valid, n
    return near, n


def _chance(n: int, k: int, share: float) -> float:
    """Return how likely k or more of n values are valid by chance: Chernoff's bound of the binomial tail."""
    rate = k / n
    if rate <= share:
        return 1.0
    if rate == 1.0:
        return share**n
    spread = rate * math.log(rate / share) + (1 - rate) * math.log((1 - rate) / (1 - share))
    return math.exp(-n * spread)


SHADOWS = {
    "SIREN": ("VAT number", "SIRET"), "EORI": ("VAT number",), "GTIN": ("SIRET", "SSCC", "payment card"),
    "air waybill": ("Belgian national number",), "tariff code": ("SIRET", "GTIN"),
}  # fmt: skip
"""A class whose values also have another's form: where that is found on the same paths, it alone counts."""


def _without_shadows(hits: Sequence[Hit]) -> list[Hit]:
    paths = {hit.name: set(hit.paths) for hit in hits}
    return [
        hit
        for hit in hits
        if not any(paths.get(name, set()) >= set(hit.paths) for name in SHADOWS.get(hit.name, ()) if name in paths)
    ]


def keyed_hash(key: bytes, name: str, value: str) -> str:
    """Return what is kept of a value: equal values of a class give equal hashes; only the key's holder can make one."""
    made = hmac.new(key, f"{name}\0{value}".encode("utf-8", "backslashreplace"), hashlib.sha256)
    return made.hexdigest()[:HASH_CHARACTERS]


def mask(value: str, *, is_personal: bool) -> str:
    """Return the shape of a value, and of one that names no person its first two characters."""
    shown = 0 if is_personal else 2
    rest = ("9" if sign.isdecimal() else "A" if sign.isalpha() else sign for sign in value[shown:MASK_CHARACTERS])
    return value[:shown] + "".join(rest)
