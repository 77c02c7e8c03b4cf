"""quivive canary: values to plant in one's own systems, recognised when they leave."""

from __future__ import annotations

from typing import Literal

from cyclopts import App

app = App(name="canary", help="Make values to plant in your systems; seeing one proves its path.",
          help_format="plaintext")  # fmt: skip


@app.command
def new(system: str, *, kind: Literal["container", "consignee", "price"] = "container", count: int = 1) -> None:
    """Make values that look like business and are unique to one system; plant each where nobody needs it.

    Parameters
    ----------
    system
        Name of the system that they go into.
    kind
        container (ISO 6346), consignee (name, place and reference) or price (a row with an article's number).
    count
        How many.

    """
    from quivive import api

    for one in api.canaries.new(system, kind, count):
        print(one)


@app.command(name="list")
def list_() -> None:
    """List the canaries that were made, and for which systems; they are shown, so mind who looks."""
    from quivive import api

    for line in api.canaries.lines():
        print(line)
