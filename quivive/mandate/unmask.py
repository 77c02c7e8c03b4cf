"""Opening one pseudonym: a written request, two signatures, a line in the audit, a word to the data protection officer.

One request opens one name of one case, once asked for within seven days; nothing here lists names or searches them.
"""

# ruff: noqa: RUF009 - told() is dataclasses.field with a meaning

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive.mandate import keys, strict
from quivive.mandate.approval import refuse_same_person
from quivive.mandate.canonical import canonical
from quivive.mandate.document import Approval
from quivive.mandate.grant import Grant
from quivive.mandate.pseudonyms import PseudonymKey
from quivive.mandate.refusal import Refusal
from quivive.mandate.sealed import FILE, opened
from quivive.mandate.signers import Signers
from quivive.mandate.strict import told
from quivive.mandate.terms import NEEDED_ROLES

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNS = "quivive unmask request, 1"
PSEUDONYM = re.compile(r"(?:user|host|mail)-[a-z2-7]{13}")
HOLDS_FOR = timedelta(days=7)
LEAST_REASON = 12
"""Letters: "because" is no reason."""

Record = Callable[[dict[str, Any]], None]
"""Writes an entry into the case's audit."""


@dataclass(frozen=True)
class Request:
    """Who wants which name, and why."""

    schema: int = told("Version of this form; 1.")
    pseudonym: str = told("The one pseudonym that is to be opened.")
    reason: str = told("Why the name is needed, in words that a court could read.")
    requester: str = told("Who asks, as in the list of signers; may not sign.")
    mandate: str = told("Digest of the mandate under which it is asked.")
    names: str = told("SHA-256 of the case's sealed names: the request is for this case only.")
    at: datetime = told("When it was asked.")
    approvals: tuple[Approval, ...] = told("The signatures of security and dpo_or_legal.", default=())

    def __post_init__(self) -> None:
        if not PSEUDONYM.fullmatch(self.pseudonym):
            raise Refusal(
                f"{self.pseudonym!r:.60}", "is not one pseudonym", "name one as a table shows it, such as user-7k3f..."
            )
        if len(self.reason.strip()) < LEAST_REASON:
            raise Refusal("unmask", "the reason is missing or too short", "say why the name is needed")

    def message(self, approval: Approval) -> bytes:
        """Return what an approval signs."""
        whole, said = strict.plain(self), strict.plain(approval)
        del whole["approvals"], said["signature"]
        return canonical({"signs": SIGNS, "request": whole, "approval": said})


@dataclass(frozen=True)
class Unmasked:
    """One name, opened."""

    pseudonym: str
    name: str
    audit: dict[str, Any]
    """The entry that was written into the case's audit; it does not hold the name."""
    notice: str
    """What the data protection contact is told; it does not hold the name."""


def names_digest(case: Path) -> str:
    """Return the SHA-256 of a case's sealed names. Raises MandateError where it has none."""
    try:
        return hashlib.sha256((case / FILE).read_bytes()).hexdigest()
    except OSError as error:
        raise Refusal(str(case), "holds no sealed names", "a case read with persons = none keeps no names") from error


def ask(case: Path, pseudonym: str, reason: str, requester: str, grant: Grant, now: datetime) -> Request:
    """Return a request to be signed. Raises MandateError where the mandate grants no names."""
    grant.require_names()
    return Request(1, pseudonym, reason, requester, grant.digest, names_digest(case), now.replace(microsecond=0))


def sign(request: Request, key: Ed25519PrivateKey, signers: Signers, now: datetime) -> Request:
    """Return the request with the signature of the key's owner. Raises MandateError."""
    signer = signers.owner_of(keys.public_text(key))
    if signer.role not in NEEDED_ROLES:
        raise Refusal(
            f"signature by {signer.id}", f"their role is {signer.role}", f"ask {' and '.join(NEEDED_ROLES)} to sign"
        )
    approval = Approval(signer.role, signer.id, now.replace(microsecond=0), signer.fingerprint, "")
    signed = dataclasses.replace(approval, signature=keys.sign(key, request.message(approval)))
    more = dataclasses.replace(request, approvals=(*request.approvals, signed))
    refuse_same_person(more)
    return more


def refuse_unsigned(request: Request, signers: Signers, now: datetime) -> None:
    """Raise MandateError unless two people, of the two roles and neither the requester, have signed just this."""
    what = f"opening {request.pseudonym}"
    refuse_same_person(request)
    signers.find(request.requester)
    for approval in request.approvals:
        signer = signers.find(approval.id)
        is_theirs = signer.role is approval.role and signer.fingerprint == approval.key
        if not is_theirs or not keys.is_signed(signer.public_key, request.message(approval), approval.signature):
            raise Refusal(what, f"the signature of {approval.id} is not over this request", "have it signed again")
    missing = [role for role in NEEDED_ROLES if all(approval.role is not role for approval in request.approvals)]
    if missing:
        raise Refusal(what, f"the request is not signed by {' and '.join(missing)}", "have it signed: mandate sign")
    if not request.at <= now < request.at + HOLDS_FOR:
        raise Refusal(what, f"the request is of {request.at}, more than {HOLDS_FOR.days} days ago", "ask anew")


def unmask(
    case: Path,
    request: Request,
    signers: Signers,
    grant: Grant,
    key: PseudonymKey,
    record: Record,
    now: datetime,
) -> Unmasked:
    """Return the one name behind a pseudonym; first the audit is written. Raises MandateError for any doubt."""
    grant.require_names()
    what = f"opening {request.pseudonym}"
    if request.mandate != grant.digest:
        raise Refusal(what, f"the request was made under another mandate than {grant.title}", "ask anew")
    if request.names != names_digest(case):
        raise Refusal(what, "the request was made for another case, or its sealed names were altered", "ask anew")
    refuse_unsigned(request, signers, now)
    name = opened(case / FILE, key, request.pseudonym)
    entry = {
        "action": "unmask",
        "object": request.pseudonym,
        "reason": request.reason,
        "actor": request.requester,
        "approved_by": [approval.id for approval in request.approvals],
        "mandate_id": grant.mandate_id,
        "mandate_version": grant.version,
        "request": hashlib.sha256(canonical(strict.plain(request))).hexdigest(),
    }
    record(entry)
    return Unmasked(request.pseudonym, name, entry, notice_of(request, grant, now))


def notice_of(request: Request, grant: Grant, now: datetime) -> str:
    """Return what the data protection contact is told."""
    signed = " and ".join(f"{approval.id} ({approval.role})" for approval in request.approvals)
    return (
        f"To: {grant.dpo_contact}\n"
        f"Subject: one pseudonym was opened under {grant.title}\n\n"
        f"On {now:%Y-%m-%d %H:%M} UTC the name behind {request.pseudonym} was opened in case {grant.case_ref}.\n"
        f"Asked by: {request.requester}, on {request.at:%Y-%m-%d}\nSigned by: {signed}\nReason: {request.reason}\n\n"
        "One name was shown. The audit of the case holds this entry; the name itself is not in this notice.\n"
    )


def load(path: Path) -> Request:
    """Read a request. Raises MandateError."""
    return strict.read_file(path, Request)
