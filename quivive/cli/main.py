"""The `quivive` command; what is heavy is imported inside the commands, so that help is instant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from quivive import __version__

app = App(name="quivive", help="Tells an organisation whether somebody is spying on it.", version=__version__)


@app.command
def inspect(
    *captures: str,
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("case"),
    own: tuple[str, ...] = (),
    replace: bool = False,
    quiet: bool = False,
) -> None:
    """Read captures (pcap, pcapng, plain or compressed; - for standard input) into a case folder and show the brief.

    Parameters
    ----------
    captures
        Capture files; several are read as one, in time order.
    out
        Case folder to write.
    own
        The organisation's own address ranges; may be given several times. Without any, private addresses are own.
    replace
        Write over another case.
    quiet
        Say nothing but errors.
    """
    from quivive import api

    with api.inspect(captures, out, own_networks=own, replace=replace) as case:
        if not quiet:
            print(case.brief(), end="")


def main() -> None:
    """Run the command line; errors are one line on stderr."""
    from quivive.model.errors import Error, UsageError

    try:
        app()
    except Error as error:
        print(f"quivive: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)
