"""Opening a case: its manifest, its list of hashes, its audit; each must fit the others before anything is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from quivive.case.access import Access
from quivive.case.custody import Custody, refuse_without_audit
from quivive.case.folder import MANIFEST, read_manifest
from quivive.case.standing import FILE as STANDING
from quivive.case.sums import FILE as SUMS
from quivive.case.sums import Sums
from quivive.case.trail import Trail
from quivive.mandate.spoken import spoken_for
from quivive.model.errors import CaseError


class Opened(NamedTuple):
    """A case, and who has opened it."""

    path: Path
    manifest: dict[str, Any]
    sums: Sums
    """Empty where reading the captures was broken off: then nothing can be compared."""
    custody: Custody

    @property
    def is_broken_off(self) -> bool:
        """Whether the program ended while it read the captures."""
        return self.manifest.get("status") == "reading"

    def check(self, *names: str) -> None:
        """Hash files again. Raises CaseError for one that was changed."""
        for name in names if not self.is_broken_off else ():
            self.sums.check(name)

    def check_below(self, folder: str) -> None:
        """Hash all files of a folder again. Raises CaseError for one that was changed, added or taken out."""
        if not self.is_broken_off:
            self.sums.check_below(folder)


def open_case(path: Path, access: Access, words: Iterable[str] = ()) -> Opened:
    """Open a case. words: of tables and columns, which may stand in its audit. Raises CaseError."""
    manifest = read_manifest(path)
    refuse_without_audit(path)
    mandate = manifest.get("mandate", {})
    custody = Custody(path, access, mandate if isinstance(mandate, dict) else {}, spoken_for(path, words))
    opened = Opened(path, manifest, _sums(path, manifest), custody)
    opened.check(MANIFEST, *([STANDING] if (path / STANDING).exists() or STANDING in opened.sums.listed else []))
    return opened


def _sums(path: Path, manifest: dict[str, Any]) -> Sums:
    """Return the list of hashes, which must be the one that the audit last named."""
    if manifest.get("status") == "reading" and not (path / SUMS).exists():
        return Sums(path)
    sums = Sums.load(path)
    if Trail(path).head().sums != sums.digest:
        raise CaseError(f"{path / SUMS}: is not the list that the audit names; see more: quivive verify {path}")
    return sums
