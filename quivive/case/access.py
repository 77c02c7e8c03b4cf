"""Who looks into a case, and why: what every entry of its audit begins with."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NAME, REASON, AUDIT = "QUIVIVE_NAME", "QUIVIVE_REASON", "QUIVIVE_AUDIT"
"""Variables of the environment for those who give them once a day and not with each command."""


def now_utc() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Access:
    """Who, why and when; what is not given is taken from the environment."""

    reason: str = ""
    """Why; without one the mandate of the case stands as the reason."""
    name: str = ""
    """Name of the person, beside the account that the system knows."""
    audit: Path | None = None
    """Folder in which the audit of a case goes on that cannot be written, such as one on a disc."""
    clock: Callable[[], datetime] = now_utc

    @property
    def audit_folder(self) -> Path | None:
        """Where the audit goes on, None: in the case."""
        named = os.environ.get(AUDIT)
        return self.audit or (Path(named) if named else None)

    def told(self) -> dict[str, str]:
        """Return what an entry says of who, why and when."""
        told = {"at": stamp(self.clock()), "actor": os_user(), "reason": self.reason or os.environ.get(REASON, "")}
        name = self.name or os.environ.get(NAME, "")
        return told | ({"name": name} if name else {})


def stamp(moment: datetime) -> str:
    """Return a time as entries write it: UTC, to the millisecond."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def os_user() -> str:
    """Return the account as the system knows it: variables of the environment can say anything."""
    try:
        import pwd
    except ImportError:  # no pwd on Windows
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
