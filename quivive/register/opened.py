"""A case's register, made and told: what the faces call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from quivive.kit.detector import Tables
from quivive.model.errors import UsageError
from quivive.register import imported, page, sheets, text
from quivive.register.answers import Question, answer
from quivive.register.build import Asked, Register, build
from quivive.register.words import CATEGORIES, LANGUAGES, said

FORMS: dict[str, Callable[[Register, str], str]] = {"text": text.text_of, "csv": text.csv_of, "html": page.html_of}


class Sheets(NamedTuple):
    """What the organisation says of itself: sheets of declared transfers and of its systems, its name."""

    declared: Path | None = None
    systems: Path | None = None
    entity: str = ""


def of_case(tables: Tables, today: date, given: Sheets, *, is_partial: bool) -> Register:
    """Return the register of a case. Raises UsageError for a sheet that cannot be understood."""
    asked = Asked(
        today=today,
        jurisdictions=imported.jurisdictions(),
        declared=sheets.read_declared(given.declared) if given.declared is not None else None,
        systems=sheets.read_systems(given.systems) if given.systems is not None else (),
        entity=given.entity,
        is_partial=is_partial,
    )
    return build(tables, asked)


def rendered(register: Register, form: str, language: str) -> str:
    """Return a register in a form (text, csv, html) and a language (en, fr). Raises UsageError for another."""
    if form not in FORMS or language not in LANGUAGES:
        raise UsageError(f"a register is told as {', '.join(FORMS)} in {' or '.join(LANGUAGES)}")
    return FORMS[form](register, language)


def answer_lines(register: Register, question: Question, language: str) -> Iterator[str]:
    """Yield the answer to a question: the verdict with its coverage, the reasons, what shows it, and old sources."""
    if question.category and question.category not in CATEGORIES:
        raise UsageError(f"{question.category!r} is no category; there are {', '.join(CATEGORIES)}")
    given = answer(register, question)
    yield f"{said(language, given.verdict)} ({given.coverage:.0%})" + "".join(
        f"; {said(language, why)}" for why in given.why
    )
    for entry in given.entries:
        yield f"  {entry.register_id} {entry.period} {', '.join(entry.source_assets)} -> {entry.recipient_group}"
    yield from text.warnings(register, language)
