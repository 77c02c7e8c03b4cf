"""quivive places: whose addresses are, and tables of your own that say more."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cyclopts import App

app = App(name="places", help="Say under whose law a place is; bring tables of your own.", help_format="plaintext")


@app.command(name="import")
def import_(
    file: Path,
    *,
    source: str = "",
    date: str = "",
    means: Literal["registered", "located"] = "registered",
    name: str = "",
) -> None:
    """Keep a table of address ranges with their autonomous systems or countries.

    Lines are `first,last` or `network`, then in any order a number of an autonomous system, a country, a name; commas,
    semicolons or tabs between them.

    Parameters
    ----------
    file
        CSV or tab-separated file.
    source
        Where it is from, as reports shall say it.
    date
        When it was made, as 2026-06-17: what is older than 180 days is warned of wherever it is shown.
    means
        What its countries say: in whose registry a range is, or where its machines are said to stand.
    name
        Name to keep it under; the file's by default. A table of the same name is replaced.

    """
    from quivive import api

    table = api.places.keep(file, source=source, date=date, means=means, name=name)
    print(
        f"{table.n_rows:,} ranges of {table.source}, made on {table.date}: countries are where they are {table.means}"
    )


@app.command(name="list")
def list_() -> None:
    """List the sources of places, with their age."""
    from quivive import api

    for line in api.places.sources():
        print(line)


@app.command
def of(address: str, *, name: str = "") -> None:
    """Say where a place is located, registered, and by whom controlled, each with its source.

    Parameters
    ----------
    address
        IP address.
    name
        Host name that it was called by, if any.

    """
    from quivive import api

    for line in api.places.of(address, name):
        print(line)
