"""quivive register: what left, to whom, under whose law, and whether that was declared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

EXPORTER = "Ask about one own system, by its address."
RECIPIENT = "Ask about one recipient: its group, operator or domain."
COUNTRY = "Ask about one country, where a recipient is located, registered or controlled (ISO 3166)."
CATEGORY = "Ask about one category of data, such as parcel_events or trade_documents."


@dataclass(frozen=True)
class About:
    """What a question is about; without any, the whole register is told."""

    exporter: Annotated[str, Parameter(help=EXPORTER)] = ""
    recipient: Annotated[str, Parameter(help=RECIPIENT)] = ""
    country: Annotated[str, Parameter(help=COUNTRY)] = ""
    category: Annotated[str, Parameter(help=CATEGORY)] = ""

    @property
    def is_asked(self) -> bool:
        """Whether there is a question."""
        return any((self.exporter, self.recipient, self.country, self.category))


def register(
    case: Path,
    *,
    declared: Path | None = None,
    systems: Path | None = None,
    entity: str = "",
    about: Annotated[About, Parameter(name="*")] = About(),
    format: Literal["text", "csv", "html"] = "text",
    language: Literal["en", "fr"] = "en",
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Tell what left: one row per own system, recipient group, kind of data and month, with the law it stands under.

    With a question (--exporter, --recipient, --country, --category) the answer is yes, no evidence or not observable:
    what was not seen is never called no.

    Parameters
    ----------
    case
        Case folder.
    declared
        CSV of the transfers that the organisation has declared: exporter, recipient, category, country, legal_tool,
        contract_ref, tia_ref, from, to.
    systems
        CSV of the systems that should be seen: system (address or network), name, monitored.
    entity
        Name of the exporting organisation.
    about
        A question.
    format
        text, csv or html.
    language
        en or fr.
    out
        File to write; standard output by default.

    """
    from quivive import api

    with api.Case(case) as opened:
        made = opened.register(declared=declared, systems=systems, entity=entity)
        if about.is_asked:
            question = api.Question(about.exporter, about.recipient, about.country, about.category)
            text = "".join(f"{line}\n" for line in api.answer_lines(made, question, language))
        else:
            text = opened.told_register(made, format, language)
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
