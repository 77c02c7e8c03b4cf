"""Who did what with a case: each deed becomes an entry of its audit before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quivive.case.access import Access
from quivive.case.entry import Entry
from quivive.case.trail import AUDIT, Trail
from quivive.mandate.spoken import Spoken
from quivive.model.errors import CaseError


class Custody:
    """The audit of one case, as one person writes it."""

    def __init__(self, case: Path, access: Access, mandate: Mapping[str, Any], spoken: Spoken | None = None) -> None:
        """mandate: what the case's manifest says of it, or a grant's told(); spoken: how free texts are written."""
        self.access = access
        self.spoken = spoken or Spoken()
        self.trail = trail_of(case, access)
        self._mandate = mandate

    def record(self, action: str, what: str = "", **more: Any) -> Entry:
        """Write an entry down. Raises CaseError where it cannot be written: then the deed is not done."""
        said = self.access.told()
        said["reason"] = self.spoken.prose(said["reason"]) or self._standing_reason()
        said |= {"action": action, "object": what, "mandate": str(self._mandate.get("digest", ""))}
        return self.trail.append(said | more)

    def _standing_reason(self) -> str:
        if not self._mandate.get("mandate_id"):
            return "no mandate, none given"
        return f"mandate {self._mandate['mandate_id']} version {self._mandate.get('version', '')}"


def trail_of(case: Path, access: Access) -> Trail:
    """Return where the audit is written: in the case, or where it goes on from the case's last entry."""
    elsewhere = access.audit_folder
    if elsewhere is None:
        return Trail(case)
    if elsewhere.resolve().is_relative_to(case.resolve()):
        raise CaseError(f"{elsewhere}: lies in the case; name a folder for the audit at another place")
    last = Trail(case).head().hash
    return Trail(elsewhere / f"audit-{last[:16]}", last)


def refuse_without_audit(case: Path) -> None:
    """Raise CaseError where a case has lost its audit: it was begun before anything was stored."""
    if not (case / AUDIT).is_file():
        raise CaseError(f"{case / AUDIT}: the audit of the case is missing; put it back, or inspect the captures again")
