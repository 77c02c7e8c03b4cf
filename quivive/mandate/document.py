"""The mandate: who may look at what, for which purpose, until when. Modelled on ETSI TS 103 120's authorisation."""

# ruff: noqa: RUF009 - told() is dataclasses.field with a meaning

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from quivive.mandate import canonical, strict
from quivive.mandate.parts import (
    Controller,
    Emergency,
    Exclusions,
    Export,
    LegalBasis,
    Reidentification,
    Retention,
    Scope,
    Window,
)
from quivive.mandate.refusal import Refusal
from quivive.mandate.strict import told
from quivive.mandate.terms import Purpose, Role

SCHEMA = 1
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Approval:
    """One person's signature."""

    role: Role = told("Role in which it is signed: security or dpo_or_legal.")
    id: str = told("Who signs, as in the list of signers.")
    at: datetime = told("When it was signed.")
    key: str = told("Fingerprint of the key that signed.")
    signature: str = told("Ed25519 signature over the canonical form, in base64.")


@dataclass(frozen=True)
class Mandate:
    """A mandate as written; whether it holds is for check.py to say."""

    schema: int = told("Version of this form; 1.")
    mandate_id: str = told("Short name of the mandate, the same in all its versions.")
    version: int = told("1, 2, ...: every change is a new version and needs new signatures.")
    requester: str = told("Who asks for it, as in the list of signers; may not approve it.")
    purpose: Purpose = told(
        "What it is for: protect_station, protect_premises, data_outflow_register, document_leak or incident_case."
    )
    controller: Controller = told("The organisation that answers for it.")
    legal_basis: LegalBasis = told("Why it is lawful, with references to the documents that say so.")
    scope: Scope = told("What may be looked at; anything else is dropped unread.")
    window: Window = told("From when until when, at most 90 days.")
    retention: Retention = told("How long each class of records is kept: 7d, 6m, 1y.", default_factory=Retention)
    exclusions: Exclusions = told("What stays closed even within the scope.", default_factory=Exclusions)
    reidentification: Reidentification = told(
        "On which conditions one pseudonym may be opened.", default_factory=Reidentification
    )
    export: Export = told("Who may receive evidence, and in which form.", default_factory=Export)
    emergency: Emergency | None = told(
        "Use before both signatures are there; to be ratified within a day.", default=None
    )
    supersedes: str = told("Digest of the version before; empty for the first.", default="")
    approvals: tuple[Approval, ...] = told("The signatures.", default=())

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise Refusal("schema", f"{self.schema} is not known to this version", f"write schema = {SCHEMA}")
        for key in ("mandate_id", "requester"):
            if not IDENTIFIER.fullmatch(getattr(self, key)):
                raise Refusal(key, "is no short name", "use letters, digits, dots and dashes, at most 64")
        if self.version < 1:
            raise Refusal("version", "begins at 1", "write version = 1 for the first")
        if (self.version == 1) != (not self.supersedes):
            raise Refusal("supersedes", "is the digest of the version before", "make versions by `mandate new --from`")

    def signed_part(self) -> dict[str, Any]:
        """Return all that approvers sign: everything but the approvals."""
        whole: dict[str, Any] = strict.plain(self)
        del whole["approvals"]
        return whole

    @property
    def canonical(self) -> bytes:
        """The canonical form (RFC 8785) of what is signed."""
        return canonical.canonical(self.signed_part())

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form: names this version and no other."""
        return canonical.digest(self.signed_part())

    @property
    def title(self) -> str:
        """Identifier and version, as messages name it."""
        return f"mandate {self.mandate_id} version {self.version}"


def load(path: Path) -> Mandate:
    """Read a mandate. Raises MandateError with the place and the mend."""
    return strict.read_file(path, Mandate)


def loads(values: dict[str, Any], where: str = "mandate") -> Mandate:
    """Return the mandate that a TOML table holds. Raises MandateError."""
    return strict.read(Mandate, values, where)


def text_of(mandate: Mandate) -> str:
    """Return a mandate as TOML with the meaning of each key above it."""
    return strict.toml_text(mandate)
