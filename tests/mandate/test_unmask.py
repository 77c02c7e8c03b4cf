"""Opening one pseudonym: every way in which it is refused, and that one name comes out once all is in order."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from quivive.mandate import unmask
from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.pseudonyms import PseudonymKey, Pseudonyms
from quivive.mandate.sealed import FILE, SealedNames
from quivive.mandate.terms import Persons
from quivive.model.errors import MandateError
from tests.mandate.drafts import NOW, Office, draft

OFFICE = Office()
GRANT = OFFICE.check(OFFICE.signed(draft(), "sec", "dpo"))
KEY = PseudonymKey(b"k" * 32, b"s" * 32)
ALICE = Pseudonyms(KEY).token("user", "alice")
REASON = "the account sent the drawings"


@pytest.fixture
def case(tmp_path):
    """A folder with two sealed names."""
    sealed = SealedNames(tmp_path / FILE, KEY)
    for name in ("alice", "bob"):
        sealed.seal(Pseudonyms(KEY).token("user", name), name)
    return tmp_path


def asked(case, pseudonym=ALICE, reason=REASON, requester="incident.lead"):
    return unmask.ask(case, pseudonym, reason, requester, GRANT, NOW)


def signed(request, *names):
    for name in names:
        request = unmask.sign(request, OFFICE.keys[name], OFFICE.signers, NOW)
    return request


def opened(case, request, grant=GRANT, now=NOW, key=KEY):
    entries = []
    return unmask.unmask(case, request, OFFICE.signers, grant, key, entries.append, now), entries


def test_two_signatures_open_one_name_and_write_it_down_without_saying_it(case):
    found, entries = opened(case, signed(asked(case), "sec", "dpo"))
    assert (found.pseudonym, found.name) == (ALICE, "alice") and entries == [found.audit]
    assert found.audit["approved_by"] == ["sec", "dpo"] and found.audit["reason"] == REASON
    assert "alice" not in str(found.audit) + found.notice and "bob" not in str(found)
    assert GRANT.dpo_contact in found.notice and ALICE in found.notice


def test_nothing_is_shown_where_nothing_can_be_written_down(case):
    def full(_):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        unmask.unmask(case, signed(asked(case), "sec", "dpo"), OFFICE.signers, GRANT, KEY, full, NOW)


@pytest.mark.parametrize("names", [(), ("sec",), ("dpo",)])
def test_fewer_than_two_signatures_open_nothing(case, names):
    with pytest.raises(MandateError, match="is not signed by"):
        opened(case, signed(asked(case), *names))


@pytest.mark.parametrize(("names", "told"), [
    (("sec", "sec"), "signed twice"),
    (("incident.lead",), "their role is requester"),
    (("stranger",), "belongs to nobody"),
])  # fmt: skip
def test_the_wrong_people_cannot_sign(case, names, told):
    with pytest.raises(MandateError, match=told):
        signed(asked(case), *names)


def test_who_asks_cannot_sign(case):
    with pytest.raises(MandateError, match="who asks cannot approve"):
        signed(asked(case, requester="sec"), "sec")


@pytest.mark.parametrize("change", [
    {"pseudonym": Pseudonyms(KEY).token("user", "bob")}, {"reason": "another reason, later"}, {"requester": "dpo2"},
    {"at": NOW - timedelta(days=1)},
])  # fmt: skip
def test_a_request_changed_after_signing_opens_nothing(case, change):
    with pytest.raises(MandateError):
        opened(case, dataclasses.replace(signed(asked(case), "sec", "dpo"), **change))


def test_a_signature_over_a_mandate_is_none_over_a_request(case):
    mandate = OFFICE.signed(draft(), "sec", "dpo")
    with pytest.raises(MandateError, match="not over this request"):
        opened(case, dataclasses.replace(asked(case), approvals=mandate.approvals))


def test_a_request_holds_for_seven_days(case):
    request = signed(asked(case), "sec", "dpo")
    assert opened(case, request, now=NOW + timedelta(days=7, seconds=-1))[0].name == "alice"
    for now in (NOW + timedelta(days=7), NOW - timedelta(seconds=1)):
        with pytest.raises(MandateError, match="ask anew"):
            opened(case, request, now=now)


def test_another_case_or_mandate_or_key_opens_nothing(case):
    request = signed(asked(case), "sec", "dpo")
    with pytest.raises(MandateError, match="under another mandate"):
        opened(case, request, grant=dataclasses.replace(GRANT, digest="0"))
    with pytest.raises(MandateError, match="another key"):
        opened(case, request, key=PseudonymKey(b"k" * 32, b"x" * 32))
    (case / FILE).write_text((case / FILE).read_text() + "\n")
    with pytest.raises(MandateError, match="another case"):
        opened(case, request)


@pytest.mark.parametrize("grant", [NO_MANDATE, dataclasses.replace(GRANT, persons=Persons.PSEUDONYMOUS)])
def test_a_grant_without_names_opens_nothing(case, grant):
    with pytest.raises(MandateError, match="does not grant names"):
        unmask.ask(case, ALICE, REASON, "incident.lead", grant, NOW)
    with pytest.raises(MandateError, match="does not grant names"):
        opened(case, signed(asked(case), "sec", "dpo"), grant=grant)


@pytest.mark.parametrize(("pseudonym", "reason", "told"), [
    ("user-*", REASON, "is not one pseudonym"),
    ("alice", REASON, "is not one pseudonym"),
    (f"{ALICE}, {ALICE}", REASON, "is not one pseudonym"),
    (ALICE, "because", "too short"),
    (ALICE, "           ", "too short"),
])  # fmt: skip
def test_a_request_names_one_pseudonym_and_a_reason(case, pseudonym, reason, told):
    with pytest.raises(MandateError, match=told):
        asked(case, pseudonym, reason)


def test_a_name_that_is_not_there_or_a_case_without_names(case, tmp_path_factory):
    with pytest.raises(MandateError, match="is not in this case"):
        opened(case, signed(asked(case, Pseudonyms(KEY).token("user", "carol")), "sec", "dpo"))
    with pytest.raises(MandateError, match="holds no sealed names"):
        asked(tmp_path_factory.mktemp("empty"))
