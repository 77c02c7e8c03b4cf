"""The closed lists of a mandate: purposes, levels, roles, what is protected; and periods of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from quivive.mandate.refusal import Refusal


class Purpose(StrEnum):
    """What a mandate is for: one of these, and one only."""

    PROTECT_STATION = "protect_station"
    PROTECT_PREMISES = "protect_premises"
    DATA_OUTFLOW_REGISTER = "data_outflow_register"
    DOCUMENT_LEAK = "document_leak"
    INCIDENT_CASE = "incident_case"


class Level(StrEnum):
    """How much may be kept."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


LEVEL_MEANS = {
    Level.L0: "counters and flows",
    Level.L1: "metadata: names, headers, commands; persons as pseudonyms",
    Level.L2: "hits of classifiers: hashed identifiers, fingerprints of documents",
    Level.L3: "content of the message that a finding is about",
    Level.L4: "packets and full content within the scope",
}

WITHOUT_MANDATE = (Level.L0, Level.L1)
NEEDS_CASE = (Level.L3, Level.L4)
CLASSIFIES = (Purpose.DATA_OUTFLOW_REGISTER, Purpose.DOCUMENT_LEAK, Purpose.INCIDENT_CASE)
"""Purposes that can need level L2."""


class Persons(StrEnum):
    """How persons may appear."""

    NONE = "none"
    PSEUDONYMOUS = "pseudonymous"
    NAMED = "named"


class Role(StrEnum):
    """What a signer stands for."""

    SECURITY = "security"
    DPO_OR_LEGAL = "dpo_or_legal"
    REQUESTER = "requester"


NEEDED_ROLES = (Role.SECURITY, Role.DPO_OR_LEGAL)


class Gdpr(StrEnum):
    """The lawful grounds of the GDPR that carry this kind of work."""

    LEGITIMATE_INTEREST = "6(1)(f)"
    LEGAL_OBLIGATION = "6(1)(c)"


class Protected(StrEnum):
    """Communications that stay closed whatever the purpose."""

    LAWYER = "lawyer"
    UNION = "union"
    DOCTOR = "doctor"
    WHISTLE_BLOWER = "whistle_blower"


class Recipient(StrEnum):
    """Who may receive what leaves the house."""

    POLICE = "police"
    COUNSEL = "counsel"
    REGULATOR = "regulator"


class ExportForm(StrEnum):
    """In which form."""

    PACK = "pack"
    STIX = "stix"
    CASE = "case"
    CSV = "csv"


class State(StrEnum):
    """Where a mandate stands in its life; it follows from signatures, revocations and time, and is never declared."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Conditions(StrEnum):
    """Who must agree before a pseudonym is opened: there is one answer."""

    TWO_PERSON = "two_person"


DAYS = {"d": 1, "m": 30, "y": 365}
PERIOD = re.compile(r"([1-9][0-9]{0,3})([dmy])")


def days_of(period: str, where: str) -> int:
    """Return the days of a period such as 7d, 6m or 1y. Raises MandateError for what is none."""
    found = PERIOD.fullmatch(period)
    if found is None:
        raise Refusal(where, f"{period!r} is no period", "write 7d for days, 6m for months, 1y for a year")
    return int(found[1]) * DAYS[found[2]]


class Longest(NamedTuple):
    """The longest that a class of records may be kept, and where that comes from."""

    period: str
    source: str


LONGEST_KEPT = {
    "raw": Longest("7d", "a ring of packets serves the incident of the week"),
    "flows": Longest("12m", "CNIL recommendation 2021-122 on logs"),
    "alerts": Longest("12m", "CNIL recommendation 2021-122 on logs"),
    "badges": Longest("3m", "CNIL on access control"),
    "case_after_closure": Longest("1y", "a closed case needs its evidence no longer"),
}


@dataclass(frozen=True)
class Clock:
    """An hour and minute of the day."""

    minutes: int

    @classmethod
    def of(cls, text: str, where: str) -> Clock:
        """Read 07:30; 24:00 ends a day. Raises MandateError."""
        found = re.fullmatch(r"(\d\d):(\d\d)", text)
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if found is None or int(found[2]) > 59 or minutes > 1440:
            raise Refusal(where, f"{text!r} is no time of day", "write it as 07:30")
        return cls(minutes)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
