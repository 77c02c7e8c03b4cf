"""quivive inspect: captures to a case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from quivive.cli.lean import steady_memory
from quivive.cli.why import NO_REASON, Asked

MANDATE = "Mandate that says what may be looked at; without one, names and counts of everything, and no content."
LEVEL = "Keep no more than this level: L0, L1, L2, L3 or L4."
SETTINGS = "Folder with signers.toml, ownership.toml and revoked.toml; by default your own."
OWN = "Own address range, such as 192.0.2.0/24; may be given several times. Else the mandate's, or private ones."
CHECKSUMS = "Verify checksums and count the wrong ones; a computer that captures what it sends itself shows wrong ones."
IDLE = "Seconds of silence after which a flow has ended; by default 300 for TCP (7440 once opened), 60 for others."
ACTIVE = "Seconds after which a flow is ended however busy it is; by default a day."
KEYS = "Keys of your own TLS sessions: an SSLKEYLOGFILE, or an RSA private key in PEM; may be given several times."
PSEUDONYM_KEY = "Key that makes pseudonyms of names; by default your own, made on first use."


@dataclass(frozen=True)
class Allowed:
    """What may be looked at, and under which name people appear."""

    mandate: Annotated[Path | None, Parameter(help=MANDATE)] = None
    level: Annotated[str, Parameter(help=LEVEL)] = ""
    settings: Annotated[Path | None, Parameter(help=SETTINGS)] = None
    pseudonym_key: Annotated[Path | None, Parameter(help=PSEUDONYM_KEY)] = None

    def given(self) -> dict[str, Any]:
        """Return it as api.inspect takes it."""
        from quivive import api

        lists = api.Lists.in_folder(self.settings)
        return {"mandate": self.mandate, "level": self.level, "lists": lists, "pseudonym_key": self.pseudonym_key}


@dataclass(frozen=True)
class Reading:
    """How packets are read."""

    own: Annotated[tuple[str, ...], Parameter(help=OWN, negative="")] = ()
    keys: Annotated[tuple[Path, ...], Parameter(help=KEYS, negative="")] = ()
    checksums: Annotated[bool, Parameter(help=CHECKSUMS, negative="")] = False
    idle_timeout: Annotated[float | None, Parameter(help=IDLE)] = None
    active_timeout: Annotated[float | None, Parameter(help=ACTIVE)] = None

    def given(self) -> dict[str, Any]:
        """Return it as api.inspect takes it."""
        return {
            "own_networks": self.own,
            "keys": self.keys,
            "checksums": self.checksums,
            "idle_timeout_s": self.idle_timeout,
            "active_timeout_s": self.active_timeout,
        }


def inspect(
    *captures: Annotated[str, Parameter(allow_leading_hyphen=True)],
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("case"),
    allowed: Annotated[Allowed, Parameter(name="*")] = Allowed(),
    reading: Annotated[Reading, Parameter(name="*")] = Reading(),
    replace: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    why: Asked = NO_REASON,
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
    allowed
        What may be looked at.
    reading
        How packets are read.
    replace
        Write over another case.
    quiet
        Say nothing but errors.
    json
        Say what was read and found as JSON, for machines.
    why
        Who reads, and why.

    """
    steady_memory()
    from quivive import api
    from quivive.cli.output import print_json
    from quivive.cli.progress import watched

    with watched(is_shown=not quiet and not json) as observer:
        how = {"replace": replace, "access": why.access(), **allowed.given(), **reading.given()}
        case = api.inspect(captures, out, observer=observer, **how)
    with case:
        if json:
            print_json({"case": str(case.path), **case.manifest, "findings": case.findings})
        elif not quiet:
            print(case.brief(), end="")
