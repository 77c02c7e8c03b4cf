"""Which countries the European Union holds adequate for personal data, and since when: a dated table.

GDPR Article 45. It says what the Commission decided; whether a transfer is lawful is for counsel to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

DATE = date(2026, 11, 20)
SOURCE = "adequacy decisions of the European Commission, GDPR Article 45"

EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO"
INSIDE = frozenset(EEA.split())
"""The European Economic Area: not a third country."""
ADEQUATE = {
    "AD": "", "AR": "", "CA": "commercial organisations", "FO": "", "GG": "", "IL": "", "IM": "", "JP": "", "JE": "",
    "NZ": "", "CH": "", "UY": "", "KR": "", "GB": "renewed 2025-12-19, to 2031-12",
    "US": "participants of the Data Privacy Framework only", "BR": "decision 2026/179 of 2026-01-26",
}  # fmt: skip


STALE_DAYS = 180


class Law(NamedTuple):
    """tool: what the transfer can rest on as far as can be told; status: in words; is_third: leaves the EEA."""

    tool: str
    status: str
    is_third: bool | None


def stale(today: date) -> list[str]:
    """Return a warning where the table of decisions is too old."""
    age = (today - DATE).days
    return [f"legal tool: source is {age} days old (more than {STALE_DAYS} days): {SOURCE}"] if age > STALE_DAYS else []


def law_of(located: Sequence[str], controlling: Sequence[str]) -> Law:
    """Return what holds for a recipient: the least protected country decides.

    located, controlling: where its machines stand and who controls it; empty where that is not known. Where an address
    is registered decides nothing, and what is not known is never taken to be within the EEA.
    """
    known = sorted({*located, *controlling})
    outside = [country for country in known if country not in INSIDE]
    without = [country for country in outside if country not in ADEQUATE]
    if without:
        return Law("to_be_shown", f"no adequacy decision: {', '.join(without)}", True)
    if outside:
        told = [f"{country} ({ADEQUATE[country]})" if ADEQUATE[country] else country for country in outside]
        return Law("adequacy", f"adequate: {', '.join(told)}", True)
    if located and controlling:
        return Law("none_needed", f"within the EEA: {', '.join(known)}", False)
    missing = " and ".join(name for name, told in (("located", located), ("controlled", controlling)) if not told)
    return Law("not_known", f"not known where it is {missing}", None)
