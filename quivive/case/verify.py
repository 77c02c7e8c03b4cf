"""Whether a case is what it was: its audit, its list of hashes, every file, receipts and time stamps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from quivive.case import chain, receipt, stamps
from quivive.case.chain import Chain
from quivive.case.sums import FILE as SUMS
from quivive.case.sums import Sums
from quivive.case.trail import Trail
from quivive.model.errors import CaseError


@dataclass
class Verified:
    """What was looked at, and what is wrong with it, the first fault first."""

    n_entries: int = 0
    n_files: int = 0
    faults: list[str] = field(default_factory=list)


def verify(case: Path, roots: Path | None = None, elsewhere: Path | None = None) -> Verified:
    """Look at all of a case; writes nothing, so that a case on a disc can be looked at too.

    roots: a list that `audit roots` wrote, from another place. elsewhere: folder where the audit goes on.
    Raises CaseError for a list of roots that is none.
    """
    audit, faults = chain.checked(case, roots)
    found = Verified(audit.n, 0, faults)
    if elsewhere is not None:
        further, more = _elsewhere(case, elsewhere)
        found.n_entries += further
        found.faults += more
    try:
        found.n_files = _files(case, audit, found.faults)
        found.faults += receipt.faults(case, [entry for entry in audit.told if entry["action"] == "purged"])
        found.faults += stamps.faults(case, audit, [entry for entry in audit.told if entry["action"] == "stamped"])
    except CaseError as error:
        found.faults.append(str(error).removeprefix(f"{case}/"))
    return found


def _files(case: Path, audit: Chain, faults: list[str]) -> int:
    """Hash all files and add what is wrong with them; returns how many there are."""
    if not (case / SUMS).exists() and not audit.sums:
        faults.append(f"{SUMS}: is missing: reading the captures was broken off")
        return 0
    sums = Sums.load(case)
    if not audit.fault and audit.sums != sums.digest:
        faults.append(f"{SUMS}: was changed: its SHA-256 is not the one in the audit")
    faults += sums.faults()
    return len(sums.listed)


def _elsewhere(case: Path, folder: Path) -> tuple[int, list[str]]:
    last = Trail(case).head().hash
    further, faults = chain.checked(folder / f"audit-{last[:16]}", origin=last)
    return further.n, [f"{folder}: {fault}" for fault in faults]


def told(found: Verified) -> Iterator[str]:
    """Yield what people are told: every fault, or how much is whole."""
    yield from found.faults
    if not found.faults:
        yield f"whole: {found.n_files:,} files and {found.n_entries:,} entries of the audit are as they were written"
