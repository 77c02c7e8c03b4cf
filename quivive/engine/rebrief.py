"""The brief of what is left of a case, after rows past their term were removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quivive.case.brief import brief_text
from quivive.engine import registry
from quivive.engine.identify import Catalogue
from quivive.store.query import CaseTables

REMOVED = "Rows past their term were removed; the receipts in this folder say what and how many.\n"


def rewrite_brief(case: Path, manifest: Mapping[str, Any]) -> None:
    """Write the brief again from the tables that are left."""
    tables = CaseTables(case / "tables", registry.tables().values())
    try:
        text = brief_text(
            tables,
            encrypted=Catalogue().encrypted(),
            name=str(case),
            is_partial=manifest.get("status") != "complete",
            granted=str(manifest.get("granted", "")),
        )
    finally:
        tables.close()
    scratch = case / "brief.txt.new"
    scratch.write_text(REMOVED + text, encoding="utf-8")
    scratch.replace(case / "brief.txt")
