"""Questions put to a register: yes, no evidence, or not observable - with coverage, and never "no"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quivive.register.build import Register
from quivive.register.categories import NOT_OBSERVABLE
from quivive.register.compare import LEAST_KNOWN
from quivive.register.entry import Coverage, Entry


@dataclass(frozen=True)
class Question:
    """Is there software that sends this to them? Empty texts ask for any.

    country: where a recipient is located, registered or controlled (ISO 3166)
    """

    exporter: str = ""
    recipient: str = ""
    country: str = ""
    category: str = ""


@dataclass(frozen=True)
class Answer:
    """verdict: yes, no_evidence or not_observable; why: words of the register's vocabulary; entries: what shows it.

    coverage: share of the systems that were seen, times the share of bytes that could be judged for this question
    """

    verdict: str
    why: tuple[str, ...]
    coverage: float
    entries: tuple[Entry, ...]


def answer(register: Register, question: Question) -> Answer:
    """Answer a question: what was not seen is not observable, and only what would have been seen has no evidence."""
    scope = [entry for entry in register.entries if question.exporter in ("", *entry.source_assets)]
    judged = _judged(scope, question)
    seen = register.coverage
    systems = 1.0 if not seen.systems else seen.systems_seen / seen.systems
    coverage = round(systems * judged, 4)
    found = tuple(entry for entry in scope if _fits(entry, question))
    if found:
        return Answer("yes", (), coverage, found)
    why = tuple(_blind_spots(seen, question, judged, scope))
    return Answer("not_observable" if why else "no_evidence", why or ("would_have_been_seen",), coverage, ())


def _fits(entry: Entry, question: Question) -> bool:
    wanted = question.recipient.casefold()
    names = [entry.recipient_group, entry.recipient_operator, *entry.recipient_domains]
    return (
        (not wanted or any(wanted == name.casefold() or name.casefold().endswith(f".{wanted}") for name in names))
        and (not question.country or question.country.upper() in _countries(entry))
        and question.category in ("", entry.data_category)
    )


def _countries(entry: Entry) -> set[str]:
    told = (entry.located, entry.registered, entry.controlling)
    return {country for one in told for country in (one.value or "").split(", ") if country}


def _judged(scope: Sequence[Entry], question: Question) -> float:
    """Return the share of the bytes that left of which the question could be judged."""
    sent = sum(entry.bytes_out for entry in scope)
    if not sent:
        return 1.0
    return sum(entry.bytes_out for entry in scope if _can_judge(entry, question)) / sent


def _can_judge(entry: Entry, question: Question) -> bool:
    knows_whom = entry.is_group_known or not (question.recipient or question.country)
    knows_what = entry.data_category != NOT_OBSERVABLE or not question.category
    return knows_whom and knows_what


def _blind_spots(seen: Coverage, question: Question, judged: float, scope: Sequence[Entry]) -> list[str]:
    why = []
    named = [name for name in seen.unseen_systems if question.exporter in name]
    if named or (question.exporter and question.exporter not in seen.own_hosts):
        why.append("system_not_seen")
    if seen.is_partial:
        why.append("case_partial")
    if seen.is_lossy:
        why.append("bytes_lost")
    if seen.first is None:
        why.append("nothing_read")
    if judged < LEAST_KNOWN:
        hidden = any(entry.data_category == NOT_OBSERVABLE for entry in scope) and question.category
        why.append("content_hidden" if hidden else "recipients_not_known")
    return why
