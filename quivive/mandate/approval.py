"""Approvals: two people, two keys, two roles, neither of them the requester; and the withdrawal of a mandate."""

# ruff: noqa: RUF009 - told() is dataclasses.field with a meaning

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from quivive.mandate import keys, strict
from quivive.mandate.canonical import canonical
from quivive.mandate.document import Approval, Mandate
from quivive.mandate.refusal import Refusal
from quivive.mandate.signers import Signers
from quivive.mandate.strict import told
from quivive.mandate.terms import NEEDED_ROLES, Role

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

APPROVES, REVOKES = "quivive mandate approval, 1", "quivive mandate revocation, 1"
"""First words of what is signed: no signature can be taken for one of another kind."""


def message_of(mandate: Mandate, approval: Approval) -> bytes:
    """Return what an approval signs: the whole mandate, and who signs in which role and when."""
    said = strict.plain(approval)
    del said["signature"]
    return canonical({"signs": APPROVES, "mandate": mandate.signed_part(), "approval": said})


def sign(mandate: Mandate, key: Ed25519PrivateKey, signers: Signers, now: datetime) -> Mandate:
    """Return the mandate with one more approval, by the owner of the key. Raises MandateError."""
    public = keys.public_text(key)
    signer = signers.owner_of(public)
    if signer.role not in NEEDED_ROLES:
        raise Refusal(
            f"approval by {signer.id}",
            f"their role is {signer.role}, which approves nothing",
            f"ask those with the roles {' and '.join(NEEDED_ROLES)}",
        )
    approval = Approval(signer.role, signer.id, now.replace(microsecond=0), signer.fingerprint, "")
    signed = dataclasses.replace(approval, signature=keys.sign(key, message_of(mandate, approval)))
    others = tuple(other for other in mandate.approvals if is_valid(mandate, other, signers))
    approved = dataclasses.replace(mandate, approvals=(*others, signed))
    refuse_same_person(approved)
    return approved


class Approved(Protocol):
    """What is approved by two people: a mandate, or a request under it."""

    @property
    def requester(self) -> str:
        """Who asks for it."""
        ...

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The signatures."""
        ...


def refuse_same_person(approved: Approved) -> None:
    """Raise MandateError where the requester approves, or one person or key approves twice."""
    for approval in approved.approvals:
        if approval.id.casefold() == approved.requester.casefold():
            raise Refusal(f"approval by {approval.id}", "who asks cannot approve it", "let somebody else sign")
    for what in ("id", "key"):
        held = [getattr(approval, what).casefold() for approval in approved.approvals]
        twice = next((one for one in held if held.count(one) > 1), None)
        if twice is not None:
            raise Refusal(
                f"approval by {approved.approvals[held.index(twice)].id}",
                "one person has signed twice",
                "the second signature must be another person's, with another key",
            )


def is_valid(mandate: Mandate, approval: Approval, signers: Signers) -> bool:
    """Return whether an approval is the signature of the registered person over this very mandate."""
    for signer in signers.signers:
        if signer.id == approval.id and signer.role is approval.role and signer.fingerprint == approval.key:
            return keys.is_signed(signer.public_key, message_of(mandate, approval), approval.signature)
    return False


def refuse_unsound(mandate: Mandate, signers: Signers) -> None:
    """Raise MandateError where an approval is a stranger's, the requester's, or not over this text."""
    refuse_same_person(mandate)
    for approval in mandate.approvals:
        signer = signers.find(approval.id)
        if signer.role is not approval.role:
            raise Refusal(
                f"approval by {approval.id}", f"signed as {approval.role}, but is {signer.role}", "let the role sign"
            )
        if signer.fingerprint != approval.key:
            raise Refusal(f"approval by {approval.id}", "was made with another key than theirs", "let them sign again")
        if not is_valid(mandate, approval, signers):
            raise Refusal(
                mandate.title,
                f"was changed after {approval.id} signed it",
                "go back to the signed text, or make a new version and have it signed",
            )


def missing_roles(mandate: Mandate) -> tuple[Role, ...]:
    """Return the roles that have not signed."""
    return tuple(role for role in NEEDED_ROLES if all(approval.role is not role for approval in mandate.approvals))


@dataclass(frozen=True)
class Revocation:
    """One mandate withdrawn, in all its versions or in one."""

    mandate_id: str = told("Mandate that is withdrawn.")
    version: int = told("Version that is withdrawn; 0 for all.")
    reason: str = told("Why.")
    id: str = told("Who withdraws it, as in the list of signers.")
    at: datetime = told("When.")
    signature: str = told("Ed25519 signature over the above, in base64.", default="")

    def meets(self, mandate: Mandate) -> bool:
        """Return whether it withdraws this mandate."""
        return self.mandate_id == mandate.mandate_id and self.version in (0, mandate.version)

    def message(self) -> bytes:
        """Return what is signed."""
        said = strict.plain(self)
        del said["signature"]
        return canonical({"signs": REVOKES, "revocation": said})


@dataclass(frozen=True)
class Revocations:
    """The list of all that was withdrawn."""

    schema: int = told("Version of this form; 1.", default=1)
    revoked: tuple[Revocation, ...] = told("One table per withdrawal.", default=())


def load_revocations(path: Path | None) -> Revocations:
    """Read the list of withdrawn mandates; an absent file is an empty list. Raises MandateError."""
    return strict.read_file(path, Revocations) if path is not None and path.exists() else Revocations()


def revoke(revocation: Revocation, key: Ed25519PrivateKey, signers: Signers) -> Revocation:
    """Return a revocation signed by one registered person; one is enough to stop. Raises MandateError."""
    signer = signers.owner_of(keys.public_text(key))
    if not revocation.reason.strip():
        raise Refusal("revocation", "gives no reason", "say why")
    meant = dataclasses.replace(revocation, id=signer.id, at=revocation.at.replace(microsecond=0))
    return dataclasses.replace(meant, signature=keys.sign(key, meant.message()))


def refuse_revoked(mandate: Mandate, revocations: Revocations, signers: Signers) -> None:
    """Raise MandateError where the mandate was withdrawn, or where the list of withdrawals is not sound."""
    for one in revocations.revoked:
        signer = signers.find(one.id)
        if not keys.is_signed(signer.public_key, one.message(), one.signature):
            raise Refusal(
                "list of revocations",
                f"the entry for {one.mandate_id} was changed after {one.id} signed it",
                "put back the signed list",
            )
    for one in revocations.revoked:
        if one.meets(mandate):
            raise Refusal(
                mandate.title, f"was revoked by {one.id} on {one.at:%Y-%m-%d}: {one.reason}", "ask for a new mandate"
            )
