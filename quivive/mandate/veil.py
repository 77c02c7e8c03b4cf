"""Which fields of which tables name a person or a person's machine, and how each is rewritten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from quivive.mandate.free_text import rules_of
from quivive.mandate.pseudonyms import Pseudonyms
from quivive.model.case_tables import ENGINE_TABLES
from quivive.model.schema import Field, Table

ENGINE = frozenset(table.name for table in ENGINE_TABLES)
"""Tables made from others, or from headers: what names a person has been rewritten before."""

ECHOING = (
    "argument",
    "cwd",
    "file_name",
    "kerberos_error_text",
    "last_reply",
    "ldap_diagnostic",
    "mailbox_name",
    "radius_reply_text",
    "return_text",
    "smb_share",
    "sql_database",
    "sql_error",
    "status_text",
)
"""Free texts that repeat the name of who is logged in: "331 Password required for alice"."""


QUOTING = r"^(?:Key|Value|Type|Assertion|Lookup|Unicode\w*)Error\("
"""Errors of Python that repeat the value at fault: it may be somebody's name."""


class Rewrite(NamedTuple):
    """A change of the texts that match a pattern (RE2); without a pattern, of all."""

    hint: str
    change: Callable[[str], str | None]


class Veil:
    """Rewrites rows so that no table names a person; see store/sieve.py for where it stands."""

    def __init__(self, names: Pseudonyms) -> None:
        self._names = names

    def steps(self, table: Table, field: Field) -> list[Rewrite]:
        """Return how the texts of a field are rewritten."""
        if field.kind not in ("text", "texts") or table.name in ENGINE:
            return []
        if field.personal == "person":
            return [Rewrite("", self._names.person)]
        if field.personal == "host":
            return [Rewrite("", self._names.host)]
        if field.name == "detail":
            return [Rewrite(QUOTING, _error_only)]
        return [Rewrite(rule.hint, partial(rule.rewrite, self._names)) for rule in rules_of(table.name, field.name)]

    def echoes(self, table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return fields that hold a name, and fields of the same row whose texts may say it again."""
        if table.name in ENGINE:
            return (), ()
        names = tuple(f.name for f in table.fields if f.personal == "person" and f.kind == "text")
        return names, tuple(f.name for f in table.fields if f.name in ECHOING and not f.personal and f.kind == "text")

    def veil(self, table: Table, values: dict[str, object]) -> dict[str, object]:
        """Return one row with names rewritten, for those who have a row and not a batch."""
        names, texts = self.echoes(table)
        new = dict(values)
        for text in texts:
            for who in (values.get(name) for name in names):
                if isinstance(who, str) and len(who) >= 3 and isinstance(new.get(text), str):
                    new[text] = str(new[text]).replace(who, self._names.person(who) or "")
        for field in table.fields:
            for step in self.steps(table, field) if new.get(field.name) is not None else ():
                new[field.name] = _rewritten(new[field.name], step)
        return new


def _error_only(text: str) -> str:
    return text.partition("(")[0]


def _rewritten(value: object, step: Rewrite) -> object:
    if isinstance(value, list | tuple):
        return [_rewritten(item, step) for item in value]
    return step.change(value) if isinstance(value, str) else value
