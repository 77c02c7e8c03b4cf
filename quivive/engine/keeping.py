"""A grant at work in one case: mask over packets, sieve before the tables, pseudonyms and their sealed names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quivive.mandate.closed import NAME_SERVICES, Closed
from quivive.mandate.grant import Grant
from quivive.mandate.pseudonyms import NoNames, Pseudonyms, key_for
from quivive.mandate.refusal import Refusal
from quivive.mandate.scope import Scope
from quivive.mandate.sealed import FILE, SealedNames
from quivive.mandate.strict import plain
from quivive.mandate.terms import Level, Persons
from quivive.mandate.veil import Veil
from quivive.model.case_tables import ENGINE_TABLES
from quivive.model.tables import ANOMALIES
from quivive.store.sieve import Sieve

COUNTERS = frozenset(table.name for table in (*ENGINE_TABLES, ANOMALIES))
"""What level L0 keeps: counters, flows and what is made of them."""


class Keeping:
    """What may be kept of one case, and under which name."""

    def __init__(self, grant: Grant, case: Path, pseudonym_key: Path | None = None) -> None:
        """Raises MandateError for a key of pseudonyms that cannot be used."""
        self.grant = grant
        self.scope = Scope(grant) if grant.has_mandate else None
        self._key = key_for(case, pseudonym_key)
        self._sealed = SealedNames(case / FILE, self._key)
        hides = grant.persons is Persons.NONE
        names = NoNames() if hides else Pseudonyms(self._key, self._sealed.seal if self._key.is_lasting else _forget)
        closed = Closed(grant.exclusions)
        self.sieve = Sieve(Veil(names), None if closed.is_empty else closed, NAME_SERVICES)
        self.tables = COUNTERS if grant.level is Level.L0 else None
        """Names of the only tables that may be written; None for all."""

    def refuse_expired(self) -> None:
        """Raise MandateError once the mandate has run out: reading stops there."""
        until = self.grant.holds_until
        if until is not None and datetime.now(UTC) >= until:
            raise Refusal(self.grant.title, f"has expired on {until}, while reading", "ask for a new version")

    def told(self) -> dict[str, Any]:
        """Return what the case's manifest says of it; good once all has been read."""
        return {
            "granted": self.grant.words,
            "mandate": self.grant.told(),
            "retention": plain(self.grant.retention) if self.grant.has_mandate else None,
            "cut_off": {**(self.scope.counts if self.scope else {}), **self._closed()},
            "pseudonyms": {
                "key": self._key.fingerprint,
                "is_lasting": self._key.is_lasting,
                "names_not_sealed": self._sealed.n_left_out,
            },
        }

    def _closed(self) -> dict[str, int]:
        told = {
            "rows of what is excluded": self.sieve.n_dropped_rows,
            "flows of what is excluded": len(self.sieve.forgotten),
        }
        return {reason: count for reason, count in told.items() if count}


def _forget(pseudonym: str, name: str) -> None:
    """Seal nothing: the key will be gone."""
