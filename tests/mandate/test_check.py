"""Every refusal of a mandate, each with a case just inside the rule; and what a grant then says."""

from __future__ import annotations

import dataclasses
import ipaddress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.mandate import approval, document, keys
from quivive.mandate.approval import Revocation, Revocations
from quivive.mandate.check import state_of
from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.ownership import OwnedNetwork, Ownership
from quivive.mandate.refusal import Refusal
from quivive.mandate.signers import Signer, Signers
from quivive.mandate.terms import Level, Persons, Purpose, Role, State
from quivive.model.errors import MandateError
from tests.mandate.drafts import NOW, Office, draft

OFFICE = Office()
SECOND = timedelta(seconds=1)


def refused(told, mandate, **more):
    """Assert that a mandate is refused with all three parts in one line."""
    with pytest.raises(Refusal) as raised:
        OFFICE.check(mandate, **more)
    assert told in str(raised.value) and "\n" not in str(raised.value)
    assert raised.value.what and raised.value.why and raised.value.mend


def approved(**changes):
    return OFFICE.signed(draft("case", **changes), "sec", "dpo")


def test_a_mandate_signed_by_both_becomes_a_grant():
    grant = OFFICE.check(approved())
    assert grant.mandate_id == "case-2026-017" and grant.purpose is Purpose.INCIDENT_CASE
    assert grant.levels == tuple(Level) and grant.level is Level.L4
    assert [str(network) for network in grant.networks] == ["203.0.113.0/25", "10.0.0.0/8"]
    assert grant.persons is Persons.NAMED and grant.case_ref == "INC-2026-017"
    assert grant.exclusions.all_domains == ("doctor.example", "counsel.example")
    assert grant.holds_until == datetime(2026, 4, 30, tzinfo=UTC)
    assert grant.digest == draft("case").digest


@pytest.mark.parametrize("names", [(), ("sec",), ("dpo",)])
def test_one_signature_is_not_enough(names):
    refused("is not signed by", OFFICE.signed(draft(), *names))


def test_the_requester_cannot_approve():
    mandate = draft(requester="sec")
    with pytest.raises(MandateError, match="who asks cannot approve it"):
        OFFICE.signed(mandate, "sec")
    with pytest.raises(MandateError, match="approves nothing"):
        OFFICE.signed(draft(), "incident.lead")
    signed = OFFICE.signed(draft(), "sec", "dpo")
    refused("who asks cannot approve it", dataclasses.replace(signed, requester="SEC"))


def test_nobody_approves_twice():
    with pytest.raises(MandateError, match="signed twice"):
        OFFICE.signed(draft(), "sec", "sec")
    once = OFFICE.signed(draft(), "sec").approvals[0]
    refused("signed twice", dataclasses.replace(draft(), approvals=(once, once)))
    other_name = dataclasses.replace(once, id="dpo", role=Role.DPO_OR_LEGAL)
    refused("signed twice", dataclasses.replace(draft(), approvals=(once, other_name)))


def test_one_person_has_one_entry_and_one_key():
    sec = OFFICE.signers.find("sec")
    for twin in (dataclasses.replace(sec, id="sec2"), dataclasses.replace(OFFICE.signers.find("dpo"), id="SEC")):
        with pytest.raises(MandateError, match="two entries"):
            OFFICE.signers.with_signer(twin)


def test_a_stranger_cannot_approve():
    with pytest.raises(MandateError, match="belongs to nobody"):
        OFFICE.signed(draft(), "stranger")
    dpo_key = keys.public_text(OFFICE.keys["stranger"])
    elsewhere = Signers(1, (*OFFICE.signers.signers, Signer("x", "x", Role.SECURITY, dpo_key)))
    signed = approval.sign(draft(), OFFICE.keys["stranger"], elsewhere, NOW)
    refused("not in the list of signers", signed)


def test_a_role_that_was_changed_is_refused():
    signed = approved()
    wrong = dataclasses.replace(signed.approvals[0], role=Role.DPO_OR_LEGAL)
    refused(
        "signed as dpo_or_legal, but is security", dataclasses.replace(signed, approvals=(wrong, *signed.approvals[1:]))
    )


def test_a_key_that_was_exchanged_is_refused():
    signed = approved()
    wrong = dataclasses.replace(signed.approvals[0], key="0" * 16)
    refused("another key", dataclasses.replace(signed, approvals=(wrong, *signed.approvals[1:])))


def test_a_change_after_signing_is_refused():
    text = document.text_of(approved())
    assert '"10.0.0.0/8"' in text
    refused("was changed after sec signed it", _read(text.replace('"10.0.0.0/8"', '"10.0.0.0/9"')))


def test_a_byte_changed_after_signing_is_refused_or_means_the_same():
    text, signed = document.text_of(approved()), approved()
    for at in range(0, len(text), 3):
        try:
            changed = _read(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :])
            OFFICE.check(changed)
        except (MandateError, document.strict.tomllib.TOMLDecodeError):
            continue
        assert changed.signed_part() == signed.signed_part()


def _read(text):
    return document.loads(document.strict.tomllib.loads(text))


def test_signatures_of_the_version_before_do_not_count():
    old = approved()
    new = dataclasses.replace(old, version=2, supersedes=old.digest)
    refused("was changed after", new)
    fresh = OFFICE.signed(dataclasses.replace(new, approvals=()), "sec", "dpo")
    assert OFFICE.check(fresh).version == 2


def test_signing_again_takes_out_what_does_not_hold_any_more():
    old = approved()
    new = dataclasses.replace(old, version=2, supersedes=old.digest)
    assert [one.id for one in OFFICE.signed(new, "sec").approvals] == ["sec"]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 4, 1, tzinfo=UTC) - SECOND, "is not valid before"),
        (datetime(2026, 4, 30, tzinfo=UTC), "has expired on"),
    ],
)
def test_outside_its_time_it_is_refused(now, told):
    refused(told, approved(), now=now)


@pytest.mark.parametrize("now", [datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC) - SECOND])
def test_at_the_edges_of_its_time_it_holds(now):
    assert OFFICE.check(approved(), now=now).has_mandate


def revocation(version=0, by="dpo"):
    meant = Revocation("case-2026-017", version, "purpose fulfilled", by, NOW)
    return approval.revoke(meant, OFFICE.keys[by], OFFICE.signers)


@pytest.mark.parametrize("version", [0, 1])
def test_what_was_revoked_is_refused(version):
    refused(
        "was revoked by dpo on 2026-04-10: purpose fulfilled",
        approved(),
        revoked=Revocations(1, (revocation(version),)),
    )


def test_another_version_or_mandate_revoked_does_not_matter():
    other = approval.revoke(Revocation("case-2026-018", 0, "done", "sec", NOW), OFFICE.keys["sec"], OFFICE.signers)
    assert OFFICE.check(approved(), revoked=Revocations(1, (revocation(2), other))).has_mandate


def test_a_list_of_revocations_that_was_changed_is_refused():
    forged = dataclasses.replace(revocation(), mandate_id="something-else")
    refused("was changed after dpo signed it", approved(), revoked=Revocations(1, (forged,)))


def test_a_revocation_says_why():
    with pytest.raises(MandateError, match="say why"):
        approval.revoke(Revocation("a", 0, " ", "sec", NOW), OFFICE.keys["sec"], OFFICE.signers)


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("0.0.0.0/0", "is the whole Internet"),
        ("::/0", "is the whole Internet"),
        ("203.0.112.0/23", "wider than what is proven"),
        ("8.8.8.0/24", "not declared as the organisation's own"),
        ("2001:4860::/32", "not declared as the organisation's own"),
        ("2001:db0::/28", "wider than what is proven"),
        ("172.16.0.0/12", "not declared as the organisation's own"),
    ],
)
def test_networks_beyond_the_ownership_file_are_refused(network, told):
    refused(told, approved(scope__networks=["10.0.0.0/8", network]))


@pytest.mark.parametrize("network", ["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32", "203.0.113.7/32"])
def test_networks_within_the_ownership_file_are_granted(network):
    assert [str(one) for one in OFFICE.check(approved(scope__networks=[network])).networks] == [network]


@pytest.mark.parametrize("network", ["::ffff:0:0/96", "::ffff:8.8.8.0/120", "::/64"])
def test_ipv4_in_the_clothes_of_ipv6_is_refused(network):
    with pytest.raises(MandateError, match="takes in all of IPv4"):
        draft(scope__networks=[network])


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_no_network_is_granted_that_is_not_declared(address, prefix):
    network = ipaddress.ip_network((address >> (32 - prefix) << (32 - prefix), prefix))
    own = [one.range for one in OFFICE.ownership.networks if one.range.version == 4]
    try:
        approval_free = OFFICE.check(approved(scope__networks=[str(network)]))
    except MandateError:
        assert not any(network.subnet_of(one) for one in own)
    else:
        assert approval_free.networks == (network,) and any(network.subnet_of(one) for one in own)


def test_proof_from_the_future_is_none():
    own = Ownership(1, (OwnedNetwork(ipaddress.ip_network("10.0.0.0/8"), "plan", date(2026, 4, 11)),))
    office = Office()
    office.ownership = own
    with pytest.raises(MandateError, match="which is to come"):
        office.check(office.signed(draft(scope__networks=["10.0.0.0/8"]), "sec", "dpo"))


@pytest.mark.parametrize(
    ("network", "proof", "told"),
    [
        ("0.0.0.0/0", "all is ours", "wider than any one organisation"),
        ("8.0.0.0/7", "two", "wider than any one organisation"),
        ("2001::/18", "large", "wider than any one organisation"),
        ("10.0.0.0/8", " ", "without proof"),
    ],
)
def test_an_ownership_file_cannot_claim_everything(network, proof, told):
    with pytest.raises(MandateError, match=told):
        OwnedNetwork(ipaddress.ip_network(network), proof, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("case", {"purpose": "protect_station"}, "does not need it"),
        ("case", {"scope__case_ref": ""}, "content is read in a case only"),
        ("case", {"scope__case_ref": "", "scope__data_levels": ["L0", "L1"]}, "names are opened in a case only"),
    ],
)
def test_levels_above_the_purpose_are_refused(name, changes, told):
    refused(told, approved(**changes))


def test_staff_informed_after_it_begins_is_refused_and_on_the_day_is_not():
    refused("the staff were informed", approved(legal_basis__employee_notice_date=date(2026, 4, 2)))
    assert OFFICE.check(approved(legal_basis__employee_notice_date=date(2026, 4, 1))).has_mandate


def test_an_unknown_requester_is_refused():
    refused("is not in the list of signers", OFFICE.signed(draft(requester="nobody"), "sec", "dpo"))


def emergency(names, now):
    declared = datetime(2026, 4, 10, 8, tzinfo=UTC)
    held = {"declared": declared, "reason": "a thief is in", "ratify_before": declared + timedelta(hours=24)}
    return OFFICE.check(OFFICE.signed(draft(emergency=held), *names), now=now)


def test_an_emergency_holds_for_a_day_with_security_alone():
    end = datetime(2026, 4, 11, 8, tzinfo=UTC)
    assert emergency(["sec"], end - SECOND).holds_until == end
    for names, now, told in (
        (["sec"], end, "was to be ratified"),
        (["dpo"], NOW, "even an emergency"),
        (["sec"], datetime(2026, 4, 10, 8, tzinfo=UTC) - SECOND, "to come"),
    ):
        with pytest.raises(MandateError, match=told):
            emergency(names, now)


def test_a_ratified_emergency_holds_to_the_end_of_its_window():
    assert emergency(["sec", "dpo"], NOW + timedelta(days=5)).holds_until == datetime(2026, 4, 30, tzinfo=UTC)


def test_without_a_mandate_there_is_metadata_and_no_more():
    NO_MANDATE.require(Level.L1)
    for level in (Level.L2, Level.L3, Level.L4):
        with pytest.raises(MandateError, match="no mandate grants L0, L1"):
            NO_MANDATE.require(level)
    with pytest.raises(MandateError, match="does not grant names"):
        NO_MANDATE.require_names()


def test_a_level_above_the_grant_is_refused():
    grant = OFFICE.check(approved(scope__data_levels=["L0", "L1", "L2"]))
    grant.require(Level.L2)
    grant.require_names()
    with pytest.raises(MandateError, match="grants L0, L1, L2; ask for a new version"):
        grant.require(Level.L3)


def test_the_life_of_a_mandate():
    def state(mandate, now=NOW, revoked=()):
        return state_of(mandate, OFFICE.signers, Revocations(1, tuple(revoked)), now)

    assert state(draft()) is State.DRAFT
    assert state(OFFICE.signed(draft(), "sec")) is State.SUBMITTED
    assert state(approved(), datetime(2026, 1, 1, tzinfo=UTC)) is State.APPROVED
    assert state(approved()) is State.ACTIVE
    assert state(approved(), datetime(2026, 5, 1, tzinfo=UTC)) is State.EXPIRED
    assert state(approved(), revoked=[revocation()]) is State.REVOKED
