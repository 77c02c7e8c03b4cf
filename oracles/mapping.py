"""Mappings of another tool's records to our tables: TOML files in maps/, each field an SQL expression over our columns.

[dns]                                   # a log or event type of theirs
from = "dns AS t JOIN flows AS f USING (flow_id)"    # the rows of ours that are such records; this is the default
fields = { query = "t.query" }          # theirs = ours; a list of theirs may be asked item by item: "answers[].ttl"
not_asked = { uid = "a number of theirs" }   # what says nothing of the traffic, each with its reason
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from oracles.adapter import Seen

MAPS = Path(__file__).parent / "maps"
NOT_ASKED = "(not asked)"
"""What an expression gives where one row's field is left out of the comparison."""

SHARED = "all"
"""The section whose fields and reasons hold for every other."""


class View(NamedTuple):
    """Records of another tool, as our tables tell them.

    source: what follows FROM       fields: their name -> SQL       not_asked: their name -> why
    """

    name: str
    source: str
    fields: dict[str, str]
    not_asked: dict[str, str]

    def query(self, wanted: Iterable[str]) -> str:
        """Return the SELECT of some fields."""
        columns = ", ".join(f'{self.fields[field]} AS "{field}"' for field in wanted)
        return f"SELECT {columns or '1 AS found'} FROM {self.source}"

    def rows(self, seen: Seen, wanted: Iterable[str]) -> list[dict[str, Any]]:
        """Return our records with those fields."""
        return seen.asked(self.query(sorted(wanted)))


@cache
def views(name: str) -> dict[str, View]:
    """Return the mapping of one tool, by their log or event type."""
    declared = tomllib.loads((MAPS / f"{name}.toml").read_text(encoding="utf-8"))
    shared = declared.pop(SHARED, {})
    return {
        kind: View(kind, _source(kind, said), _with(shared, said, "fields"), _with(shared, said, "not_asked"))
        for kind, said in declared.items()
    }


def _source(kind: str, said: dict[str, Any]) -> str:
    return str(said.get("from") or f"{said.get('table', kind)} AS t JOIN flows AS f USING (flow_id)")


def _with(shared: dict[str, Any], said: dict[str, Any], part: str) -> dict[str, str]:
    own = {} if part == "fields" and said.get("is_apart") else shared.get(part, {})
    return {**own, **said.get(part, {})}
