"""quivive verify, hold, close, audit: whether a case is what it was, and what may become of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from quivive.cli.why import NO_REASON, Asked

Out = Annotated[Path, Parameter(name=["--out", "-o"])]
app = App(name="audit", help="What leaves the audit of a case for another place.", help_format="plaintext")


def verify(case: Path, *, roots: Path | None = None, audit: Path | None = None) -> None:
    """Say whether a case is as it was written, or which entry or file was changed, taken out or added.

    Parameters
    ----------
    case
        Case folder.
    roots
        List of roots that `audit roots` wrote before, from another place.
    audit
        Folder where the audit goes on of a case that cannot be written.

    """
    from quivive import api

    found = api.verify(case, roots, audit)
    for line in api.told(found):
        print(line)
    if found.faults:
        sys.exit(1)


def hold(case: Path, *, release: Annotated[bool, Parameter(negative="")] = False, why: Asked = NO_REASON) -> None:
    """Hold a case, so that nothing of it is removed when its term is over; or release it.

    Parameters
    ----------
    case
        Case folder.
    release
        Release a case that is held.
    why
        Who, and why: --reason is needed.

    """
    from quivive import api

    api.hold(case, why.access(), release=release)
    print(f"{case}: {'released; terms run again' if release else 'held; nothing is removed until it is released'}")


def purge(case: Path, *, key: Path | None = None, why: Asked = NO_REASON) -> None:
    """Remove what is past its term, by class and mandate, and sign a receipt for it.

    A case read under a mandate is purged whenever it is opened, too. Without a mandate the usual terms count from the
    day of reading.

    Parameters
    ----------
    case
        Case folder.
    key
        Key that signs the receipt; by default this machine's own.
    why
        Who, and why.

    """
    from quivive import api

    done = api.purge(case, why.access(), key)
    for gone in done.gone:
        print(f"{gone.what:<16} {gone.n:>10,}  {gone.record_class}, before {gone.before[:10]}")
    print(f"signed: {case}/receipts/{done.receipt}" if done.receipt else "nothing is past its term")


def close(case: Path, *, why: Asked = NO_REASON) -> None:
    """Close a case: the last term of its mandate begins to run.

    Parameters
    ----------
    case
        Case folder.
    why
        Who, and why: --reason is needed.

    """
    from quivive import api

    api.close(case, why.access())
    print(f"{case}: closed")


def seal(
    case: Path,
    *captures: Path,
    out: Out,
    mandate: Path | None = None,
    key: Path | None = None,
    tsa: str = "",
    settings: Path | None = None,
    why: Asked = NO_REASON,
) -> None:
    """Write an evidence pack, which others can check with nothing but sha256sum and openssl.

    Parameters
    ----------
    case
        Case folder.
    captures
        Captures that the case was read from: their packets in scope go into the pack (level L4, persons named).
    out
        Folder to write.
    mandate
        Mandate that the case was read under; it must grant packs.
    key
        Key that signs the pack; by default this machine's own.
    tsa
        Address of a time-stamping authority: https://...
    settings
        Folder with the organisation's lists; by default your own.
    why
        Who, and why.

    """
    from quivive import api

    lists, stamps = api.Lists.in_folder(settings), api.authority(tsa) if tsa else None
    made = api.seal(case, out, why.access(), mandate=mandate, lists=lists, key=key, tsa=stamps, captures=captures)
    print(f"{made.path}: {made.n_files} files; SHA-256 of SHA256SUMS: {made.sums}")
    print(f"signed with key {made.signer}: tell who gets the pack that number on another way")


@app.command
def roots(case: Path, *, out: Out, why: Asked = NO_REASON) -> None:
    """Write the roots of the audit to a file for another place: with them, nobody can cut or rewrite it unseen.

    Parameters
    ----------
    case
        Case folder.
    out
        File to write.
    why
        Who, and why.

    """
    from quivive import api

    out.write_bytes(api.audit_roots(case, why.access()))
    print(f"{out}: keep it where those who can write {case} cannot; then: quivive verify {case} --roots {out.name}")


@app.command
def stamp(case: Path, *, tsa: str, why: Asked = NO_REASON) -> None:
    """Have the roots of the audit stamped by a time-stamping authority (RFC 3161) over the network.

    Parameters
    ----------
    case
        Case folder.
    tsa
        Address of the authority: https://...
    why
        Who, and why.

    """
    from quivive import api

    found = api.audit_stamp(case, api.authority(tsa), why.access())
    print(f"stamped at {found.at:%Y-%m-%d %H:%M:%S} UTC by {found.by}")


@app.command
def request(case: Path, *, out: Out, why: Asked = NO_REASON) -> None:
    """Write a request for a time stamp to a file, to be carried to an authority.

    Parameters
    ----------
    case
        Case folder.
    out
        File to write: a TimeStampReq, such as case.tsq.
    why
        Who, and why.

    """
    from quivive import api

    out.write_bytes(api.audit_request(case, why.access()))
    print(f"{out}: send it to the authority, and take its answer in: quivive audit accept {case} ANSWER.tsr")


@app.command
def accept(case: Path, answer: Path, *, why: Asked = NO_REASON) -> None:
    """Take in the answer of a time-stamping authority.

    Parameters
    ----------
    case
        Case folder.
    answer
        File with the answer: a TimeStampResp.
    why
        Who, and why.

    """
    from quivive import api

    found = api.audit_accept(case, answer.read_bytes(), why.access())
    print(f"stamped at {found.at:%Y-%m-%d %H:%M:%S} UTC by {found.by}")
