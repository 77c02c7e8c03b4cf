"""Who looks and why: what every command that reads a case takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from quivive.api import Access

REASON = "Why you look: goes into the audit of the case; by default QUIVIVE_REASON, or the mandate."
NAME = "Your name, beside your account: goes into the audit; by default QUIVIVE_NAME."
AUDIT = "Folder where the audit goes on of a case that cannot be written, such as one on a disc."


@dataclass(frozen=True)
class Why:
    """Who and why."""

    reason: Annotated[str, Parameter(help=REASON)] = ""
    name: Annotated[str, Parameter(help=NAME)] = ""
    audit: Annotated[Path | None, Parameter(help=AUDIT)] = None

    def access(self) -> Access:
        """Return it as the API takes it."""
        from quivive import api

        return api.Access(self.reason, self.name, self.audit)


NO_REASON = Why()
Asked = Annotated[Why, Parameter(name="*")]
