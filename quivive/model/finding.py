"""A finding: one answer of a detector, with the rows that prove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    """How soon somebody should look."""

    NOTE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


@dataclass(frozen=True)
class ScorePart:
    """One part of a score, as its reader sees it: what was measured, the figure, and what it adds."""

    name: str
    value: float
    points: float


@dataclass(frozen=True)
class Carried:
    """What a hidden way carried, decoded: it stays in memory, and is written only under a mandate for level L3.

    chain: the encodings that were undone, the outermost first
    """

    chain: tuple[str, ...]
    data: bytes = field(repr=False)
    is_text: bool


@dataclass(frozen=True)
class Finding:
    """What was seen, how bad it is, what else it could be, and which flows show it.

    title:        one plain sentence that names who did what to whom
    who, what:    the own host (or person's pseudonym) and the peer, domain or object concerned
    innocent:     harmless explanations worth checking first
    flow_ids:     evidence; flows lead to packets and to the file's hash
    visibility:   0 to 1, share of the relevant traffic that could be seen; None where it cannot be told
    carried:      content, for the table `carried` of level L3 alone: no title, fact or score may tell of it
    """

    title: str
    severity: Severity
    confidence: float
    who: str
    what: str
    first_ns: int
    last_ns: int
    n_bytes: int
    flow_ids: tuple[int, ...]
    innocent: tuple[str, ...]
    score: float | None = None
    score_parts: tuple[ScorePart, ...] = ()
    attack_id: str = ""
    visibility: float | None = None
    facts: dict[str, str] = field(default_factory=dict)
    carried: Carried | None = field(default=None, repr=False)
