"""What a guided draft asks, in plain words, one thing at a time; an answer becomes a key of the mandate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from quivive.mandate.refusal import Refusal
from quivive.mandate.terms import Purpose


class Question(NamedTuple):
    """One thing that is asked.

    path: the key it fills, tables joined by dots    read: answer to value    default: what Enter means, if anything
    """

    path: str
    text: str
    read: Callable[[str, str], Any]
    default: str | None = None


def as_text(answer: str, path: str) -> str:
    """Return the answer as it stands."""
    return answer.strip()


def as_list(answer: str, path: str) -> list[str]:
    """Return what stands between commas."""
    return [part.strip() for part in answer.split(",") if part.strip()]


def as_date(answer: str, path: str) -> date:
    """Return a day. Raises MandateError."""
    try:
        return date.fromisoformat(answer.strip())
    except ValueError as error:
        raise Refusal(path, f"{answer!r:.30} is no day", "write it as 2026-03-31") from error


def as_moment(answer: str, path: str) -> datetime:
    """Return a moment; a day alone is its first minute in UTC. Raises MandateError."""
    try:
        found = datetime.fromisoformat(answer.strip())
    except ValueError as error:
        raise Refusal(path, f"{answer!r:.30} is no time", "write 2026-03-31 or 2026-03-31T08:00+02:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


PURPOSES = (
    f"{Purpose.PROTECT_STATION}: who touched our charging stations or kiosks",
    f"{Purpose.PROTECT_PREMISES}: who was where in our buildings",
    f"{Purpose.DATA_OUTFLOW_REGISTER}: what our systems send, where to, under whose control",
    f"{Purpose.DOCUMENT_LEAK}: did a protected document leave",
    f"{Purpose.INCIDENT_CASE}: an incident under inquiry",
)

QUESTIONS = (
    Question("mandate_id", "A short name for this mandate, such as stations-north-2026", as_text),
    Question(
        "requester", "Who asks for it (short name in the list of signers; this person cannot approve it)", as_text
    ),
    Question("purpose", "What is it for? One of\n  " + "\n  ".join(PURPOSES) + "\nPurpose", as_text),
    Question("controller.entity", "Which organisation answers for it (legal name)", as_text),
    Question("controller.country", "In which country is its seat (two letters, such as FR)", as_text),
    Question("controller.dpo_contact", "How is its data protection officer reached (mail address)", as_text),
    Question(
        "legal_basis.gdpr",
        "On which ground: 6(1)(f) if the organisation protects itself, 6(1)(c) if a law obliges it to",
        as_text,
        "6(1)(f)",
    ),
    Question(
        "legal_basis.balancing_ref",
        "Which document weighs this interest against the rights of the staff (its name or number)",
        as_text,
    ),
    Question("legal_basis.dpia_ref", "Which document is the data protection impact assessment", as_text),
    Question("legal_basis.labour_info_ref", "Where is it written that the works council was informed", as_text),
    Question("legal_basis.employee_notice_ref", "By which notice were the staff informed", as_text),
    Question("legal_basis.employee_notice_date", "On which day were they informed (2026-01-31)", as_date),
    Question(
        "scope.networks", "Which address ranges of your own (192.0.2.0/24, several with commas between them)", as_list
    ),
    Question("scope.sites", "Which sites (with commas; Enter for none in particular)", as_list, ""),
    Question("scope.stations", "Which charging stations or kiosks (with commas; Enter for none)", as_list, ""),
    Question("scope.systems", "Which software systems (with commas; Enter for none in particular)", as_list, ""),
    Question(
        "scope.data_levels",
        "How much may be kept: L0 counters, L1 names and headers, L2 fingerprints of documents, L3 content of what a "
        "finding is about, L4 whole packets (with commas)",
        as_list,
        "L0, L1",
    ),
    Question(
        "scope.persons",
        "How may persons appear: none, pseudonymous, or named (only in a case, one by one, by two signatures)",
        as_text,
        "pseudonymous",
    ),
    Question(
        "scope.case_ref", "Which case needs it (Enter if there is none; needed for L3, L4 and names)", as_text, ""
    ),
    Question(
        "exclusions.hosts",
        "Which addresses stay closed: union, doctor, guest Wi-Fi (with commas; Enter for none)",
        as_list,
        "",
    ),
    Question(
        "exclusions.domains",
        "Which domains stay closed: banks, health, lawyers (with commas; Enter for none)",
        as_list,
        "",
    ),
    Question("window.from", "From when (a day, or a time with its zone)", as_moment),
    Question("window.to", "Until when (at most 90 days later)", as_moment),
    Question(
        "retention.flows", "How long are flows and names kept (30d for days, 6m for months; at most 12m)", as_text, "6m"
    ),
    Question("retention.alerts", "How long are findings kept (at most 12m)", as_text, "12m"),
    Question(
        "export.recipients",
        "Who may receive evidence: police, counsel, regulator (with commas; Enter for nobody)",
        as_list,
        "",
    ),
    Question(
        "export.formats",
        "In which form: pack for a sealed evidence pack; stix, case, csv (with commas; Enter for none)",
        as_list,
        "",
    ),
)


def values_of(answers: dict[str, str]) -> dict[str, Any]:
    """Return a mandate's TOML values, given the answers by path. Raises MandateError for an answer that is none."""
    values: dict[str, Any] = {"schema": 1, "version": 1}
    for question in QUESTIONS:
        answer = answers.get(question.path, question.default)
        if answer is None:
            raise Refusal(question.path, "was not answered", f"say: {question.text.splitlines()[0]}")
        *tables, key = question.path.split(".")
        held = values
        for table in tables:
            held = held.setdefault(table, {})
        held[key] = question.read(answer, question.path)
    return values


def default_window(now: datetime) -> tuple[str, str]:
    """Return a window of 30 days from the next midnight in UTC, for examples."""
    begins = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return begins.isoformat(), (begins + timedelta(days=30)).isoformat()
