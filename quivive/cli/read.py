"""quivive inspect: captures to a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def inspect(
    *captures: Annotated[str, Parameter(allow_leading_hyphen=True)],
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("case"),
    own: tuple[str, ...] = (),
    mandate: Path | None = None,
    level: str = "",
    signers: Path | None = None,
    ownership: Path | None = None,
    revoked: Path | None = None,
    pseudonym_key: Path | None = None,
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
        the mandate's count as own, or else private addresses.
    mandate
        Mandate that says what may be looked at; without one, names and counts of everything, and no content.
    level
        Keep no more than this level: L0, L1, L2, L3 or L4.
    signers
        List of those who may sign a mandate; by default the one in the folder of settings.
    ownership
        Networks that are declared and proven as your own; by default the one in the folder of settings.
    revoked
        List of withdrawn mandates; by default the one in the folder of settings.
    pseudonym_key
        Key that makes pseudonyms of names; by default your own, made on first use.
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
        case = api.inspect(
            captures,
            out,
            own_networks=own,
            mandate=mandate,
            lists=api.Lists(signers, ownership, revoked),
            level=level,
            pseudonym_key=pseudonym_key,
            replace=replace,
            observer=observer,
        )
    with case:
        if json:
            print_json({"case": str(case.path), **case.manifest, "findings": case.findings})
        elif not quiet:
            print(case.brief(), end="")
