"""What a mandate that holds allows; without one, metadata of everything the operator was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from quivive.mandate.parts import Exclusions, Retention, Window
from quivive.mandate.refusal import Refusal
from quivive.mandate.strict import Network
from quivive.mandate.terms import LEVEL_MEANS, WITHOUT_MANDATE, Level, Persons, Purpose


@dataclass(frozen=True)
class Grant:
    """What may be done. networks: none named means all, which only holds without a mandate, at levels L0 and L1."""

    mandate_id: str = ""
    version: int = 0
    digest: str = ""
    purpose: Purpose | None = None
    levels: tuple[Level, ...] = WITHOUT_MANDATE
    networks: tuple[Network, ...] = ()
    exclusions: Exclusions = field(default_factory=lambda: Exclusions(personal_mail=False))
    window: Window | None = None
    persons: Persons = Persons.PSEUDONYMOUS
    case_ref: str = ""
    retention: Retention = field(default_factory=Retention)
    dpo_contact: str = ""
    holds_until: datetime | None = None
    """End of the window, or of an emergency's day: what runs stops there."""

    @property
    def has_mandate(self) -> bool:
        """Whether a mandate stands behind it."""
        return bool(self.mandate_id)

    @property
    def title(self) -> str:
        """Identifier and version, as messages name it."""
        return f"mandate {self.mandate_id} version {self.version}" if self.has_mandate else "no mandate"

    @property
    def words(self) -> str:
        """One line for people: the level, what it means, and on whose word."""
        if not self.has_mandate:
            return f"Level {self.level} (no mandate): names and counts only; content stays shut."
        return f"Level {self.level} under {self.title} ({self.purpose}): {LEVEL_MEANS[self.level]}."

    @property
    def level(self) -> Level:
        """The highest level."""
        return max(self.levels)

    def require(self, level: Level) -> None:
        """Raise MandateError where a level is not granted."""
        if level not in self.levels:
            raise Refusal(
                f"level {level} ({LEVEL_MEANS[level]})",
                f"{self.title} grants {', '.join(self.levels)}",
                "ask for a mandate with this level" if not self.has_mandate else "ask for a new version that grants it",
            )

    def require_names(self) -> None:
        """Raise MandateError where no pseudonym may be opened."""
        if self.persons is not Persons.NAMED:
            raise Refusal(
                "opening a pseudonym",
                f"{self.title} does not grant names (persons = {self.persons})",
                'ask for a version with persons = "named" and the case that needs it',
            )

    def told(self) -> dict[str, str | int | list[str]]:
        """Return what a case's manifest says of it."""
        if not self.has_mandate:
            return {"levels": list(self.levels), "persons": self.persons.value}
        return {
            "mandate_id": self.mandate_id,
            "version": self.version,
            "digest": self.digest,
            "purpose": str(self.purpose),
            "levels": list(self.levels),
            "persons": self.persons.value,
            "case_ref": self.case_ref,
        }


NO_MANDATE = Grant()
"""What may be done without: L0 and L1, persons as pseudonyms, content shut."""
