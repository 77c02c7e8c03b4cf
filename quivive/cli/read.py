"""quivive inspect: captures to a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def inspect(
    *captures: Annotated[str, Parameter(allow_leading_hyphen=True)],
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("case"),
    own: tuple[str, ...] = (),
    replace: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Read captures into a case folder and show the brief.

    Captures are pcap or pcapng files, plain or in gzip, zstd, lz4, xz or bzip2; - is standard input. Several are read
    as one, in time order.

    Parameters
    ----------
    captures
        Capture files.
    out
        Case folder to write.
    own
        An address range of the organisation, such as 192.0.2.0/24; may be given several times. Without any,
        private addresses count as own.
    replace
        Write over another case.
    quiet
        Say nothing but errors.
    json
        Say what was read and found as JSON, for machines.

    """
    from quivive import api
    from quivive.cli.output import print_json
    from quivive.cli.progress import watched

    with watched(is_shown=not quiet and not json) as observer:
        case = api.inspect(captures, out, own_networks=own, replace=replace, observer=observer)
    with case:
        if json:
            print_json({"case": str(case.path), **case.manifest, "findings": case.findings})
        elif not quiet:
            print(case.brief(), end="")
