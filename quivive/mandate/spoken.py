"""What people type, as the audit may hold it: names of persons become the pseudonyms that the tables show.

Of a query the shape stays readable - its words of SQL, tables, columns, small numbers, addresses, times - and each
other word or text becomes a pseudonym, the same as in the tables: who asked for alice can be told by who may open
user-7k3f..., and by nobody else. Without the key of the pseudonyms such words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from quivive.mandate import free_text, settings
from quivive.mandate.pseudonyms import NoNames, Pseudonyms, is_address, key_for
from quivive.model.errors import MandateError

LONGEST = 4_000
"""Characters of a query or reason that are written down."""

TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<remark>--[^\n]*|/\*.*?(?:\*/|\Z))|(?P<text>'(?:[^']|'')*(?:'|\Z))"
    r"|(?P<text2>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))|(?P<word>\$?\"(?:[^\"]|\"\")*(?:\"|\Z)|\$?\w[\w.]*)|(?P<sign>.)",
    re.DOTALL,
)
NUMBER = re.compile(r"\d{1,8}(?:\.\d{1,8})?(?:[eE]\d{1,2})?")
"""Telephone numbers and identities of SIM cards have more digits."""

PSEUDONYM = re.compile(r"(?:user|host|mail)-[a-z2-7]{13}(?:@[\w.-]+|\.[\w.-]+)?|\(left out\)")
TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
NETWORK = re.compile(r"[0-9a-fA-F.:]{2,45}/\d{1,3}")
PHONE = re.compile(r"(?<![\w.:-])(?!20\d\d-\d\d-\d\d)\+?\d(?:[ ./-]?\d){8,14}(?![\w:-])")
WILD = re.compile(r"(?P<before>[%_]*)(?P<core>.*?)(?P<after>[%_]*)", re.DOTALL)

SQL_WORDS = """
select from where and or not in is null like ilike between group by order having limit offset as on using join left
right full outer inner cross lateral union all distinct except intersect with recursive case when then else end
exists any some values asc desc nulls first last filter over partition rows range preceding following current row
cast try_cast true false interval extract collate similar to escape qualify window sample pivot unpivot exclude
replace count sum min max avg median mode stddev coalesce nullif greatest least any_value arg_min arg_max list
array_agg string_agg string_split list_contains list_has_any unnest len length lower upper trim substr substring
regexp_matches regexp_extract contains starts_with ends_with prefix suffix concat round floor ceil abs date_trunc
date_part epoch epoch_ms epoch_ns strftime make_timestamp now current_date timestamp date time timestamptz bigint
integer int double varchar text boolean blob hugeint row_number rank dense_rank lag lead ntile quantile_cont hex
"""
SQL = frozenset(SQL_WORDS.split())

RULES = (free_text.mail_addresses, free_text.user_info, free_text.query, free_text.home)


class Spoken:
    """Rewrites what was typed."""

    def __init__(self, names: Pseudonyms | None = None, words: Iterable[str] = ()) -> None:
        """names: gives pseudonyms; words: of tables and columns, which name nobody."""
        self._names = names or NoNames()
        self._words = frozenset(word.lower() for word in words)

    def prose(self, text: str) -> str:
        """Return a reason: mail addresses, home folders and telephone numbers as pseudonyms.

        Other names cannot be known by their form: do not write them into a reason.
        """
        rewritten = " ".join(text.split())
        for rule in RULES:
            rewritten = rule(self._names, rewritten)
        return PHONE.sub(lambda found: self._names.token("user", found[0]), rewritten)[:LONGEST]

    def query(self, text: str) -> str:
        """Return the shape of a query or condition."""
        return "".join(map(self._token, TOKEN.finditer(text[:LONGEST]))).strip() + (
            " (cut)" if len(text) > LONGEST else ""
        )

    def value(self, value: Any) -> str:
        """Return a value that was given beside a query."""
        return self._number(str(value)) if isinstance(value, int | float) else self._text(str(value)[:LONGEST])

    def _token(self, found: re.Match[str]) -> str:
        kind, token = found.lastgroup, found[0]
        if kind == "space":
            return " "
        if kind == "remark":
            return "/* left out */"
        if kind == "sign":
            return token if token.isascii() else "?"
        if kind == "word":
            return self._word(token)
        inner = token.strip("'") if kind == "text" else token.split("$")[2]
        return f"'{self._text(inner)}'"

    def _word(self, token: str) -> str:
        bare = token.strip('$"')
        if bare[:1].isdigit():
            return self._number(bare)
        parts = bare.split(".")
        return token[: token.find(bare)] + ".".join(map(self._part, parts)) + token[token.find(bare) + len(bare) :]

    def _part(self, word: str) -> str:
        """Return one part of a name: a word of SQL, of the tables, or an alias of one or two letters."""
        lower = word.lower()
        is_known = lower in SQL or lower in self._words or (len(word) <= 2 and word.isascii())
        return word if is_known else self._hidden(word)

    def _number(self, text: str) -> str:
        return text if NUMBER.fullmatch(text) else self._hidden(text)

    def _text(self, text: str) -> str:
        """Return a text in quotes; what it is searched with stays around it."""
        found = WILD.fullmatch(text)
        core = found["core"] if found else text
        plain = len(core) <= 2 or core.lower() in self._words or is_address(core)
        if plain or any(form.fullmatch(core) for form in (PSEUDONYM, TIME, NETWORK, NUMBER)):
            return text
        return f"{found['before']}{self._hidden(core)}{found['after']}" if found else self._hidden(core)

    def _hidden(self, text: str) -> str:
        return " ".join(str(self._names.person(text) or "(left out)").replace("'", "").split())


def spoken_for(case: Path, words: Iterable[str], named: Path | None = None) -> Spoken:
    """Return the rewriting with the reader's own key, where there is one: reading makes none."""
    try:
        if settings.place_of("pseudonyms", named).exists():
            return Spoken(Pseudonyms(key_for(case, named)), words)
    except (MandateError, OSError):
        pass
    return Spoken(None, words)
