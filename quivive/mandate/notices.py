"""Papers that follow from a mandate: notice to staff, record of processing, DPIA skeleton, capability statement.

They exist in English and French, as Markdown and as HTML that stands alone. Excluded hosts and domains are counted,
not named: a notice must not tell whom the staff see as doctor or union.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Literal, get_args

from quivive.mandate import notice_words as words
from quivive.mandate.document import Mandate
from quivive.mandate.notice_words import Language
from quivive.mandate.refusal import Refusal
from quivive.mandate.terms import Level

Kind = Literal["staff_notice", "processing_record", "dpia", "capability"]
Form = Literal["md", "html"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Build:
    """What this build can do, from its own registries.

    protocols: families and the titles of their protocols    detectors: their questions    n_tables: tables it writes
    """

    version: str
    protocols: Mapping[str, Iterable[str]]
    detectors: tuple[str, ...]
    n_tables: int


def notice(kind: str, language: str, form: str, mandate: Mandate | None = None, build: Build | None = None) -> str:
    """Return one paper. Raises MandateError for a kind, language or form that there is not."""
    for what, known in ((kind, KINDS), (language, LANGUAGES), (form, get_args(Form))):
        if what not in known:
            raise Refusal(f"notice {what!r:.30}", "is not known", f"choose one of {', '.join(known)}")
    spoken: Language = "fr" if language == "fr" else "en"
    if kind == "capability":
        values = _build_values(build, spoken)
    elif mandate is None:
        raise Refusal(f"notice {kind}", "follows from a mandate, and none was named", "name one")
    else:
        values = _mandate_values(mandate, spoken)
    template = resources.files("quivive.mandate").joinpath(f"templates/{kind}.{spoken}.md").read_text(encoding="utf-8")
    text = Template(template).substitute(values)
    return text if form == "md" else as_html(text, spoken)


def _mandate_values(mandate: Mandate, language: Language) -> dict[str, str]:
    phrases, basis, scope = words.PHRASES[language], mandate.legal_basis, mandate.scope
    places = (*scope.sites, *scope.stations, *scope.systems)
    return {
        "entity": _plain(mandate.controller.entity),
        "country": mandate.controller.country,
        "dpo_contact": _plain(mandate.controller.dpo_contact),
        "title": f"{mandate.mandate_id} v{mandate.version}",
        "digest": mandate.digest,
        "purpose": words.PURPOSES[language][mandate.purpose],
        "networks": ", ".join(map(str, scope.networks)),
        "places": _plain(", ".join(places)) or phrases["everywhere"],
        "begins": f"{mandate.window.begins:%Y-%m-%d %H:%M %Z}".strip(),
        "ends": f"{mandate.window.ends:%Y-%m-%d %H:%M %Z}".strip(),
        "hours": _hours(mandate, phrases["hours"]),
        "levels": "; ".join(words.LEVELS[language][level] for level in scope.data_levels),
        "persons": words.PERSONS[language][scope.persons],
        "closed": "; ".join(_closed(mandate, language)),
        "retention": "; ".join(
            f"{said}: {phrases['days'].format(mandate.retention.days(key))}"
            for key, said in words.RECORDS[language].items()
        ),
        "recipients": ", ".join(words.RECIPIENTS[language][one] for one in mandate.export.recipients)
        or phrases["nobody outside"],
        "gdpr": basis.gdpr,
        "balancing_ref": _plain(basis.balancing_ref),
        "dpia_ref": _plain(basis.dpia_ref),
        "labour_info_ref": _plain(basis.labour_info_ref),
        "employee_notice_ref": _plain(basis.employee_notice_ref),
        "employee_notice_date": basis.employee_notice_date.isoformat(),
        "approved": ", ".join(f"{_plain(one.id)} ({one.role})" for one in mandate.approvals) or phrases["nobody"],
    }


def _build_values(build: Build | None, language: Language) -> dict[str, str]:
    if build is None:
        raise Refusal("capability statement", "is made from the program's registries", "ask for it through the program")
    families = sorted(build.protocols.items())
    listed = [(family, sorted(titles)) for family, titles in families]
    return {
        "version": build.version,
        "n_protocols": str(sum(len(titles) for _, titles in listed)),
        "protocols": "\n".join(f"- **{_plain(family)}**: {_plain(', '.join(titles))}" for family, titles in listed),
        "n_tables": str(build.n_tables),
        "n_detectors": str(len(build.detectors)),
        "detectors": "\n".join(f"- {_plain(question)}" for question in build.detectors),
        "all_levels": "; ".join(words.LEVELS[language][level] for level in Level),
    }


def _hours(mandate: Mandate, phrase: str) -> str:
    hours = mandate.window.hours
    return "" if hours is None else phrase.format(hours.begins, hours.ends, hours.timezone, " ".join(hours.days))


def _closed(mandate: Mandate, language: Language) -> Iterator[str]:
    phrases, exclusions = words.PHRASES[language], mandate.exclusions
    for kind in dict.fromkeys(one.kind for one in exclusions.protected):
        yield words.PROTECTED[language][kind]
    if exclusions.personal_mail:
        yield phrases["personal"]
    if exclusions.hosts:
        yield phrases["hosts"].format(len(exclusions.hosts))
    if exclusions.domains:
        yield phrases["domains"].format(len(exclusions.domains))
    yield phrases["decrypt"]


def _plain(text: str) -> str:
    """Return a text of the mandate so that it cannot change the shape of the page."""
    return re.sub(r"([|*`_<>\[\]\\#])", r"\\\1", " ".join(text.split()))


def as_html(text: str, language: Language) -> str:
    """Return a page for what the templates use of Markdown: headings, tables, lists, bold, italics, code."""
    body = "\n".join(_block(block) for block in re.split(r"\n{2,}", text.strip()))
    title = html.escape(text.partition("\n")[0].lstrip("# "))
    style = "body{max-width:50em;margin:2em auto;font-family:sans-serif}td,th{border:1px solid #999;padding:.3em .6em}"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{style} table{{border-collapse:collapse}}</style>\n{body}\n</html>\n"
    )


def _block(block: str) -> str:
    lines = block.split("\n")
    if block.startswith("#"):
        level = len(block) - len(block.lstrip("#"))
        return f"<h{level}>{_inline(block.lstrip('# '))}</h{level}>"
    if block.startswith("|"):
        rows = [_row(line) for line in lines if not re.fullmatch(r"[|\- ]+", line) or line.count("-") < 3]
        return "<table>\n" + "\n".join(rows) + "\n</table>"
    if block.startswith("- "):
        items = re.split(r"\n?^- ", block, flags=re.MULTILINE)[1:]
        return "<ul>\n" + "\n".join(f"<li>{_inline(' '.join(item.split()))}</li>" for item in items) + "\n</ul>"
    return f"<p>{_inline(' '.join(lines))}</p>"


def _row(line: str) -> str:
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return "<tr>" + "".join(f"<td>{_inline(cell.strip())}</td>" for cell in cells) + "</tr>"


def _inline(text: str) -> str:
    """Return a line with its marks as tags; a backslash takes a mark for what it is."""
    # A mark that stands for itself is told by its number between two NULs while the others become tags.
    text = re.sub(r"\\([|*`_<>\[\]\\#])", lambda found: f"\x00{ord(found[1])}\x00", text.replace("\x00", ""))
    text = html.escape(text)
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return re.sub("\x00(\\d+)\x00", lambda found: html.escape(chr(int(found[1]))), text)
