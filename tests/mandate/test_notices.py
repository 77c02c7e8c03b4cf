"""Papers from a mandate: complete in both languages and forms, and safe whatever the mandate's texts hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from quivive import api
from quivive.mandate.notices import KINDS, LANGUAGES, Build, notice
from quivive.model.errors import MandateError
from tests.mandate.drafts import Office, draft

OFFICE = Office()
SIGNED = OFFICE.signed(draft("case"), "sec", "dpo")
BUILD = Build("1.0", {"web": ["HTTP", "WebSocket"], "name": ["DNS"]}, ("Is data leaving?",), 42)


def paper(kind, language="en", form="md", mandate=SIGNED):
    return notice(kind, language, form, mandate, BUILD)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["md", "html"])
@pytest.mark.parametrize("name", ["station", "outflow", "case"])
def test_every_paper_is_whole(kind, language, form, name):
    text = paper(kind, language, form, draft(name))
    assert "${" not in text and "None" not in text and len(text) > 500
    assert text.startswith("# ") if form == "md" else "</html>" in text


@pytest.mark.parametrize("kind", ["staff_notice", "processing_record", "dpia"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_mandate_says_stands_in_its_papers(kind, language):
    text = paper(kind, language)
    for said in (
        "Example Works GmbH",
        "10.0.0.0/8",
        "2026-04-01",
        "datenschutz@works.example",
        "6(1)(f)",
        "LIA-2026-21",
    ):
        assert said in text, said


def test_excluded_domains_are_counted_and_not_named():
    for kind in KINDS:
        for language in LANGUAGES:
            text = paper(kind, language, "md", draft("outflow"))
            assert "union.example" not in text and "clinic.example" not in text
    assert "2 excluded domains" in paper("staff_notice", "en", "md", draft("outflow"))
    assert "canal d'alerte" in paper("staff_notice", "fr", "md", draft("outflow"))


def test_the_signatures_are_named_and_a_draft_says_that_it_is_one():
    assert "sec (security), dpo (dpo\\_or\\_legal)" in paper("staff_notice") or "dpo (dpo_or_legal)" in paper(
        "staff_notice"
    )
    assert "this is a draft" in paper("staff_notice", mandate=draft())


def test_the_capability_statement_lists_what_the_registries_hold():
    text = paper("capability")
    assert (
        "- **web**: HTTP, WebSocket" in text
        and "3 in all" in text
        and "42 tables" in text
        and "Is data leaving?" in text
    )


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("kind", ["staff_notice", "processing_record", "dpia"])
@pytest.mark.parametrize(
    "nasty", ["<script>alert(1)</script>", "a|b|c", "**x** `y` _z_", "# head\n\n- item", "${entity}", "\\| \\\\"]
)
def test_texts_of_the_mandate_cannot_change_the_page(kind, nasty):
    mandate = draft("case", controller__entity=f"A {nasty} B", legal_basis__dpia_ref=nasty, scope__sites=[nasty])
    page, calm = paper(kind, "en", "html", mandate), paper(kind, "en", "html")
    seen, expected = _Tags(), _Tags()
    seen.feed(page)
    expected.feed(calm)
    assert seen.tags == expected.tags and seen.open == [] == expected.open
    assert (
        page.count("<td>") == calm.count("<td>")
        and page.count("<h1>") == 1
        and page.count("<strong>") == calm.count("<strong>")
    )
    assert re.sub(r"\s+", " ", nasty) in re.sub(r"\s+", " ", _text(page))


def _text(page):
    import html

    return html.unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize(("words", "told"), [
    (("letter", "en", "md"), "staff_notice"), (("dpia", "de", "md"), "en, fr"), (("dpia", "en", "pdf"), "md, html"),
])  # fmt: skip
def test_what_there_is_not_is_refused(words, told):
    with pytest.raises(MandateError, match=told):
        notice(*words, SIGNED, BUILD)


def test_a_paper_needs_its_mandate():
    with pytest.raises(MandateError, match="none was named"):
        notice("dpia", "en", "md")
    with pytest.raises(MandateError, match="registries"):
        notice("capability", "en", "md")


def test_the_statement_of_this_build_comes_from_its_shelves():
    text = api.notice("capability")
    assert "Domain Name System" in text and re.search(r"[1-9]\d+ in all", text)
