"""What people do with a whole case: verify, hold, close, have its audit stamped, keep its roots elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive.case import chain, standing
from quivive.case.access import Access
from quivive.case.opened import open_case
from quivive.model.later import Later

if TYPE_CHECKING:
    from quivive.case.stamp import Authority, Stamp
    from quivive.case.verify import Verified

pack_check: Any = Later("quivive.case.pack_check")
stamps: Any = Later("quivive.case.stamps")
verifying: Any = Later("quivive.case.verify")

Name = str | Path


def verify(case: Name, roots: Name | None = None, audit: Name | None = None) -> Verified:
    """Look at everything of a case, or of an evidence pack: audit, hashes, files; writes nothing.

    roots: list that was kept at another place. audit: folder where the audit goes on. Raises CaseError for a list of
    roots that is none.
    """
    if pack_check.is_pack(Path(case)):
        return pack_check.check(Path(case))
    return verifying.verify(Path(case), Path(roots) if roots else None, Path(audit) if audit else None)


def hold(case: Name, access: Access, *, release: bool = False) -> None:
    """Hold a case, so that nothing of it is removed, or release it. Raises UsageError without a reason."""
    opened = open_case(Path(case), access)
    (standing.release if release else standing.hold)(opened.custody, opened.sums, access.reason)


def close(case: Name, access: Access) -> None:
    """Close a case: its last term begins to run. Raises UsageError without a reason."""
    opened = open_case(Path(case), access)
    standing.close(opened.custody, opened.sums, access.reason)


def audit_roots(case: Name, access: Access | None = None) -> bytes:
    """Return the roots of a case's audit, to be kept where the case cannot be written. Raises CaseError."""
    opened = open_case(Path(case), access or Access())
    opened.custody.record("audit roots")
    return chain.export(chain.read(Path(case)))


def audit_request(case: Name, access: Access | None = None) -> bytes:
    """Return a request for a time stamp (RFC 3161) over the roots of a case's audit, to be carried to an authority."""
    return stamps.ask(open_case(Path(case), access or Access()))[1]


def audit_accept(case: Name, answer: bytes, access: Access | None = None) -> Stamp:
    """Take in what an authority answered to a request. Raises CaseError where that is no stamp over these roots."""
    return stamps.accept(open_case(Path(case), access or Access()), answer)


def audit_stamp(case: Name, authority: Authority, access: Access | None = None) -> Stamp:
    """Have the roots of a case's audit stamped by an authority: `authority(url)`, or whatever answers requests."""
    return audit_accept(case, authority(audit_request(case, access)), access)
