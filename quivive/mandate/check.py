"""Whether a mandate holds: every refusal says what, why and the mend; what is left is a grant."""

from __future__ import annotations

from datetime import UTC, datetime

from quivive.mandate import approval
from quivive.mandate.approval import Revocations
from quivive.mandate.document import Mandate
from quivive.mandate.grant import Grant
from quivive.mandate.ownership import Ownership, refuse_foreign
from quivive.mandate.refusal import Refusal
from quivive.mandate.signers import Signers
from quivive.mandate.terms import CLASSIFIES, NEEDED_ROLES, NEEDS_CASE, Level, Persons, Role, State


def check(
    mandate: Mandate, ownership: Ownership, signers: Signers, revoked: Revocations, now: datetime | None = None
) -> Grant:
    """Return what a mandate allows now. Raises MandateError with the first reason why it does not hold."""
    now = now or datetime.now(UTC)
    approval.refuse_unsound(mandate, signers)
    signers.find(mandate.requester)
    approval.refuse_revoked(mandate, revoked, signers)
    _refuse_levels(mandate)
    refuse_foreign(mandate.scope.networks, ownership, now.date())
    _refuse_uninformed(mandate)
    holds_until = _holds_until(mandate, now)
    _refuse_time(mandate, now, holds_until)
    return Grant(
        mandate_id=mandate.mandate_id,
        version=mandate.version,
        digest=mandate.digest,
        purpose=mandate.purpose,
        levels=tuple(sorted(set(mandate.scope.data_levels))),
        networks=mandate.scope.networks,
        exclusions=mandate.exclusions,
        window=mandate.window,
        persons=mandate.scope.persons,
        case_ref=mandate.scope.case_ref,
        retention=mandate.retention,
        dpo_contact=mandate.controller.dpo_contact,
        holds_until=holds_until,
    )


def state_of(mandate: Mandate, signers: Signers, revoked: Revocations, now: datetime) -> State:
    """Return where a mandate stands in its life. Raises MandateError where its approvals are not sound."""
    approval.refuse_unsound(mandate, signers)
    if any(one.meets(mandate) for one in revoked.revoked):
        return State.REVOKED
    if now >= mandate.window.ends:
        return State.EXPIRED
    if approval.missing_roles(mandate):
        return State.SUBMITTED if mandate.approvals else State.DRAFT
    return State.ACTIVE if now >= mandate.window.begins else State.APPROVED


def _refuse_levels(mandate: Mandate) -> None:
    """A purpose grants no more than it needs."""
    scope = mandate.scope
    if Level.L2 in scope.data_levels and mandate.purpose not in CLASSIFIES:
        raise Refusal(
            "level L2", f"the purpose {mandate.purpose} does not need it", f"take it out, or ask for {CLASSIFIES[0]}"
        )
    for level in NEEDS_CASE:
        if level in scope.data_levels and not scope.case_ref:
            raise Refusal(f"level {level}", "content is read in a case only", "name the case in scope.case_ref")
    if scope.persons is Persons.NAMED and not scope.case_ref:
        raise Refusal('persons = "named"', "names are opened in a case only", "name the case in scope.case_ref")


def _refuse_uninformed(mandate: Mandate) -> None:
    """Those concerned were told before it began (GDPR Art. 13; L1222-4)."""
    informed = mandate.legal_basis.employee_notice_date
    if informed > mandate.window.begins.date():
        raise Refusal(
            mandate.title, f"the staff were informed on {informed}, after it begins", "let it begin after the notice"
        )


def _holds_until(mandate: Mandate, now: datetime) -> datetime:
    """Return the end of the mandate. Raises MandateError where it is not approved, nor an emergency that still runs."""
    missing = approval.missing_roles(mandate)
    if not missing:
        return mandate.window.ends
    emergency = mandate.emergency
    if emergency is None:
        raise Refusal(
            mandate.title,
            f"is not signed by {' and '.join(missing)}",
            f"have it signed by two people, {' and '.join(NEEDED_ROLES)}: quivive mandate sign",
        )
    if Role.SECURITY in missing:
        raise Refusal(mandate.title, "even an emergency needs the signature of security", "have it signed")
    if now < emergency.declared:
        raise Refusal(mandate.title, f"its emergency is declared for {emergency.declared}, to come", "mend the time")
    if now >= emergency.ratify_before:
        raise Refusal(
            mandate.title,
            f"its emergency was to be ratified by {' and '.join(missing)} before {emergency.ratify_before}",
            "have it signed, or stop",
        )
    return min(emergency.ratify_before, mandate.window.ends)


def _refuse_time(mandate: Mandate, now: datetime, holds_until: datetime) -> None:
    if now < mandate.window.begins:
        raise Refusal(mandate.title, f"is not valid before {mandate.window.begins}", "wait, or ask for an earlier one")
    if now >= holds_until:
        raise Refusal(mandate.title, f"has expired on {holds_until}", "ask for a new version with a new window")
