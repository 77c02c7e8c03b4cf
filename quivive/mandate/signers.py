"""Who may sign: names, roles and public keys, in one TOML file that the organisation keeps."""

# ruff: noqa: RUF009 - told() is dataclasses.field with a meaning

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quivive.mandate import keys, strict
from quivive.mandate.refusal import Refusal
from quivive.mandate.strict import told
from quivive.mandate.terms import Role


@dataclass(frozen=True)
class Signer:
    """One person."""

    id: str = told("Short name of the person, as mandates write it.")
    name: str = told("Name and office, for people.")
    role: Role = told("security, dpo_or_legal or requester.")
    public_key: str = told("Public key of the person: the content of the .pub file.")

    def __post_init__(self) -> None:
        keys.raw(self.public_key)
        if not self.id.strip():
            raise Refusal("id", "is empty", "give each signer a short name")

    @property
    def fingerprint(self) -> str:
        """Short name of the key."""
        return keys.fingerprint(self.public_key)


@dataclass(frozen=True)
class Signers:
    """All of them."""

    schema: int = told("Version of this form; 1.")
    signers: tuple[Signer, ...] = told("One table per person.", key="signer", default=())

    def __post_init__(self) -> None:
        for what, held in (
            ("id", [signer.id.casefold() for signer in self.signers]),
            ("public_key", [keys.raw(signer.public_key) for signer in self.signers]),
        ):
            if len(set(held)) < len(held):
                raise Refusal("signers", f"two entries have one {what}", "a person has one entry, one role and one key")

    def find(self, name: str) -> Signer:
        """Return a signer by id. Raises MandateError for a stranger."""
        for signer in self.signers:
            if signer.id == name:
                return signer
        known = ", ".join(signer.id for signer in self.signers) or "nobody"
        raise Refusal(f"signer {name!r:.60}", "is not in the list of signers", f"add them to it; it names {known}")

    def owner_of(self, public: str) -> Signer:
        """Return whose key it is. Raises MandateError for a stranger's."""
        for signer in self.signers:
            if keys.raw(signer.public_key) == keys.raw(public):
                return signer
        raise Refusal(
            f"key {keys.fingerprint(public)}",
            "belongs to nobody in the list of signers",
            "add its owner with `key new`",
        )

    def with_signer(self, signer: Signer) -> Signers:
        """Return the list with one more. Raises MandateError where the person or the key is in it already."""
        return Signers(self.schema, (*self.signers, signer))


def load(path: Path) -> Signers:
    """Read the list of signers. Raises MandateError."""
    return strict.read_file(path, Signers)
