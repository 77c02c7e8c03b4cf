"""quivive show, follow, sql, export, brief, fields: asking a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from quivive.cli.why import NO_REASON, Asked

Format = Literal["text", "csv", "json", "jsonl", "arrow", "parquet"]
Out = Annotated[Path | None, Parameter(name=["--out", "-o"])]


def show(
    case: Path,
    table: str = "",
    *,
    where: str = "",
    columns: str = "",
    limit: int | None = 50,
    format: Format = "text",
    out: Out = None,
    why: Asked = NO_REASON,
) -> None:
    """Show a table of a case; without a table's name, what tables it has.

    Parameters
    ----------
    case
        Case folder.
    table
        Name of the table: flows, dns, tls, findings ...
    where
        Condition in SQL: "resp_registered = 'CN' AND orig_bytes > 1000000".
    columns
        Columns to show, joined by commas; all by default.
    limit
        Most rows shown; 0 for all.
    format
        text, csv, json, jsonl, arrow or parquet.
    out
        File to write; standard output by default.
    why
        Who looks, and why.

    """
    from quivive import api
    from quivive.cli import output

    with api.Case(case, why.access()) as opened:
        if not table:
            output.print_tables(opened)
            return
        picked = opened.select(table, where=where, columns=columns, limit=limit or None)
        output.write(picked, format, out)


def export(
    case: Path, table: str, out: Path, *, format: Format = "parquet", where: str = "", why: Asked = NO_REASON
) -> None:
    """Write a whole table of a case to a file.

    Parameters
    ----------
    case
        Case folder.
    table
        Name of the table.
    out
        File to write.
    format
        text, csv, json, jsonl, arrow or parquet.
    where
        Condition in SQL.
    why
        Who looks, and why.

    """
    show(case, table, where=where, limit=0, format=format, out=out, why=why)


def sql(case: Path, query: str, *, format: Format = "text", out: Out = None, why: Asked = NO_REASON) -> None:
    """Ask a case in SQL (DuckDB's); every table is known by its name.

    Parameters
    ----------
    case
        Case folder.
    query
        A SELECT.
    format
        text, csv, json, jsonl, arrow or parquet.
    out
        File to write; standard output by default.
    why
        Who looks, and why.

    """
    from quivive import api
    from quivive.cli import output

    with api.Case(case, why.access()) as opened:
        output.write(opened.query(query), format, out)


def follow(case: Path, flow_id: int, *, format: Literal["text", "json"] = "text", why: Asked = NO_REASON) -> None:
    """Show everything a case knows of one flow, in time order.

    Parameters
    ----------
    case
        Case folder.
    flow_id
        Number of the flow, as findings and tables name it.
    format
        text or json.
    why
        Who looks, and why.

    """
    from quivive import api
    from quivive.cli import output

    with api.Case(case, why.access()) as opened:
        story = opened.follow(flow_id)
        if format == "json":
            output.print_json(story)
        else:
            output.print_story(story)


def brief(case: Path, *, why: Asked = NO_REASON) -> None:
    """Show the brief of a case again.

    Parameters
    ----------
    case
        Case folder.
    why
        Who looks, and why.

    """
    from quivive import api

    with api.Case(case, why.access()) as opened:
        print(opened.brief(), end="")


def fields(table: str = "") -> None:
    """Say what the columns of a table mean; without a name, what tables there are.

    Parameters
    ----------
    table
        Name of the table.

    """
    from quivive import api
    from quivive.cli import output

    output.print_fields(api.describe(table))
