"""Whether a case is held (nothing of it may be removed) or closed (from then its last term runs): standing.json."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quivive.case.access import stamp
from quivive.case.custody import Custody
from quivive.case.sums import Sums
from quivive.mandate.canonical import canonical
from quivive.model.errors import CaseError, UsageError

FILE = "standing.json"
LEAST_REASON = 12
"""Letters, as for opening a name."""


@dataclass(frozen=True)
class Standing:
    """Since when a case is held or closed; empty where it is not."""

    held_since: str = ""
    held_for: str = ""
    closed_at: str = ""

    @property
    def closed(self) -> datetime | None:
        """When the case was closed."""
        return datetime.fromisoformat(self.closed_at) if self.closed_at else None


def load(case: Path) -> Standing:
    """Read how a case stands. Raises CaseError for a file that cannot be read."""
    try:
        held = json.loads((case / FILE).read_bytes())
        standing = Standing(**{name: text for name, text in held.items() if isinstance(text, str)})
        _ = standing.closed
    except FileNotFoundError:
        return Standing()
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CaseError(f"{case / FILE}: was changed or cannot be read; put it back") from error
    return standing


def refuse_held(case: Path, what: str) -> None:
    """Raise CaseError where a case is held."""
    standing = load(case)
    if standing.held_since:
        raise CaseError(
            f"{case}: is held since {standing.held_since[:10]} ({standing.held_for}), which forbids {what}; "
            "release it first: quivive hold CASE --release --reason ..."
        )


def hold(custody: Custody, sums: Sums, reason: str) -> None:
    """Hold a case: nothing is removed until it is released. Raises UsageError without a reason."""
    _refuse_unreasoned(reason)
    custody.record("hold")
    said = {"held_since": stamp(custody.access.clock()), "held_for": custody.spoken.prose(reason)}
    _write(custody, sums, "hold", said)


def release(custody: Custody, sums: Sums, reason: str) -> None:
    """Let a case go: terms that are over are met at once. Raises UsageError without a reason."""
    _refuse_unreasoned(reason)
    if not load(sums.case).held_since:
        raise UsageError(f"{sums.case}: is not held")
    custody.record("release")
    _write(custody, sums, "release", {"held_since": "", "held_for": ""})


def close(custody: Custody, sums: Sums, reason: str) -> None:
    """Close a case: what is left of it goes when the mandate's last term is over. Raises UsageError."""
    _refuse_unreasoned(reason)
    if load(sums.case).closed_at:
        raise UsageError(f"{sums.case}: is closed already")
    custody.record("close")
    _write(custody, sums, "close", {"closed_at": stamp(custody.access.clock())})


def _refuse_unreasoned(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise UsageError("the reason is missing or too short; say why: --reason ...")


def _write(custody: Custody, sums: Sums, action: str, said: dict[str, str]) -> None:
    standing = dataclasses.replace(load(sums.case), **said)
    scratch = sums.case / f"{FILE}.new"
    scratch.write_bytes(canonical(dataclasses.asdict(standing)) + b"\n")
    scratch.replace(sums.case / FILE)
    sums.put(FILE)
    custody.record(f"{action} done", sums=sums.write())
