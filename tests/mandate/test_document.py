"""The mandate as written: what is read, what is refused, and what its digest stands for."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from quivive.mandate import document, strict
from quivive.mandate.parts import Hours
from quivive.mandate.terms import Level, Persons, Protected, Purpose
from quivive.model.errors import MandateError
from tests.mandate.drafts import EXAMPLES, draft, values_of

NAMES = ["station", "outflow", "case"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_read_and_written_back_the_same(name):
    mandate = document.load(EXAMPLES / f"{name}.toml")
    again = document.loads(tomllib.loads(document.text_of(mandate)))
    assert again == mandate and again.digest == mandate.digest


def test_an_example_says_what_it_says():
    mandate = draft("outflow")
    assert mandate.purpose is Purpose.DATA_OUTFLOW_REGISTER
    assert mandate.scope.data_levels == (Level.L0, Level.L1, Level.L2) and mandate.scope.persons is Persons.NONE
    assert [str(network) for network in mandate.exclusions.all_hosts] == ["198.51.100.200/32"]
    assert mandate.exclusions.all_domains == ("bank.example", "clinic.example", "union.example", "speak-up.example")
    assert [one.kind for one in mandate.exclusions.protected] == [Protected.UNION, Protected.WHISTLE_BLOWER]
    assert mandate.window.hours == Hours("06:00", "22:00", "Europe/Brussels", ("mon", "tue", "wed", "thu", "fri"))
    assert mandate.legal_basis.employee_notice_date == date(2026, 2, 10)
    assert mandate.retention.days("flows") == 180


REFUSED = [
    ({"nickname": "x"}, "nickname: is not known here"),
    ({"scope__colour": "blue"}, "colour: is not known here"),
    ({"purpose": "curiosity"}, "choose one of protect_station"),
    ({"purpose": None}, "purpose: is missing"),
    ({"schema": 2}, "schema"),
    ({"version": 0}, "version"),
    ({"version": True}, "should be a whole number"),
    ({"version": 2}, "supersedes"),
    ({"mandate_id": "no blanks, please"}, "mandate_id"),
    ({"mandate_id": ""}, "mandate_id"),
    ({"controller__country": "France"}, "two letters"),
    ({"controller__entity": "  "}, "entity: is empty"),
    ({"legal_basis__gdpr": "6(1)(a)"}, "6(1)(f), 6(1)(c)"),
    ({"legal_basis__dpia_ref": ""}, "dpia_ref: is empty"),
    ({"legal_basis__employee_notice_date": "2026-01-01"}, "should be a date"),
    ({"legal_basis__employee_notice_date": datetime(2026, 1, 1)}, "should be a date"),
    ({"scope__networks": []}, "networks: is empty"),
    ({"scope__networks": "10.0.0.0/8"}, "should be a list"),
    ({"scope__networks": ["10.0.0.1/8"]}, "host bits"),
    ({"scope__networks": [10]}, "should be an address range"),
    ({"scope__data_levels": []}, "data_levels: is empty"),
    ({"scope__data_levels": ["L2"]}, "build on L0"),
    ({"scope__data_levels": ["L9"]}, "choose one of L0"),
    ({"scope__persons": "all"}, "none, pseudonymous, named"),
    ({"exclusions__domains": ["not a domain"]}, "no domain"),
    ({"exclusions__domains": ["localhost"]}, "no domain"),
    ({"exclusions__protected": [{"kind": "friend", "domains": ["a.example"]}]}, "lawyer, union"),
    ({"exclusions__protected": [{"kind": "doctor"}]}, "neither hosts nor domains"),
    ({"window__from": datetime(2026, 4, 1)}, "time with its zone"),
    ({"window__from": datetime(2026, 4, 1, 0, 0, 0, 5, UTC)}, "fractions"),
    ({"window__from": datetime(2026, 5, 1, tzinfo=UTC)}, "ends before it begins"),
    ({"window__to": datetime(2026, 6, 30, 0, 0, 1, tzinfo=UTC)}, "longer than 90 days"),
    ({"window__hours": {"from": "20:00", "to": "06:00", "timezone": "UTC"}}, "end before they begin"),
    ({"window__hours": {"from": "7:00", "to": "19:00", "timezone": "UTC"}}, "no time of day"),
    ({"window__hours": {"from": "07:00", "to": "19:00", "timezone": "Mars/Base"}}, "not known"),
    ({"window__hours": {"from": "07:00", "to": "19:00", "timezone": "UTC", "days": ["sonntag"]}}, "no day"),
    ({"retention__raw": "8d"}, "longer than 7d"),
    ({"retention__badges": "4m"}, "longer than 3m"),
    ({"retention__flows": "forever"}, "no period"),
    ({"reidentification__needs": "one_person"}, "two_person"),
    ({"reidentification__notify_dpo": False}, "cannot be loosened"),
    ({"export__recipients": ["press"]}, "police, counsel, regulator"),
    ({"controller": "me"}, "should be a table"),
]


@pytest.mark.parametrize(("changes", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_what_is_not_a_mandate_is_refused_in_one_line(changes, told):
    with pytest.raises(MandateError) as raised:
        draft("case", **changes)
    text = str(raised.value)
    assert told in text and "\n" not in text and "; " in text


def test_ninety_days_are_allowed():
    assert draft("case", window__to=datetime(2026, 6, 30, tzinfo=UTC)).window.ends.month == 6


def test_an_emergency_is_ratified_within_a_day():
    declared = datetime(2026, 4, 1, tzinfo=UTC)
    emergency = {"declared": declared, "reason": "a thief is in", "ratify_before": declared + timedelta(hours=24)}
    assert draft("case", emergency=emergency).emergency.reason == "a thief is in"
    emergency["ratify_before"] += timedelta(seconds=1)
    with pytest.raises(MandateError, match="24 hours"):
        draft("case", emergency=emergency)


def test_the_digest_stands_for_all_but_the_approvals():
    mandate = draft()
    signed = draft(
        approvals=[
            {"role": "security", "id": "a", "at": datetime(2026, 1, 1, tzinfo=UTC), "key": "00", "signature": "AA=="}
        ]
    )
    assert signed.digest == mandate.digest
    assert draft(scope__networks=["203.0.113.0/26", "10.0.0.0/8"]).digest != mandate.digest


def test_the_same_moment_in_another_zone_is_the_same_mandate():
    paris = timezone(timedelta(hours=2))
    assert draft(window__from=datetime(2026, 4, 1, 2, tzinfo=paris)).digest == draft().digest


def test_a_byte_changed_in_the_file_changes_the_digest_or_is_refused_or_means_the_same():
    text, mandate = document.text_of(draft("station")), draft("station")
    for at in range(len(text)):
        try:
            changed = document.loads(tomllib.loads(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]))
        except (MandateError, tomllib.TOMLDecodeError):
            continue
        assert (changed.digest == mandate.digest) == (changed.signed_part() == mandate.signed_part())


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (b"= broken", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"a = " + b"[" * 100_000, "is not TOML"),
        (b"#" * (1 << 20) + b"#", "larger than"),
    ],
)
def test_a_file_that_is_no_mandate_is_one_line(tmp_path, held, told):
    (tmp_path / "m.toml").write_bytes(held)
    with pytest.raises(MandateError, match=told):
        document.load(tmp_path / "m.toml")


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(MandateError, match="No such file"):
        document.load(tmp_path / "m.toml")


def test_odd_texts_come_back_from_toml_as_they_were():
    name = 'A "quoted" \\ back\x7f\x1f\ttab \u00e9 \U0001f512'
    mandate = document.loads(values_of("case", controller__entity=name))
    assert document.loads(tomllib.loads(document.text_of(mandate))).controller.entity == name


def test_the_reference_page_names_every_key():
    from quivive.mandate.reference import page

    text = page(document.Mandate, "The mandate")
    assert all(f"`{key}`" in text for key in values_of("outflow")["scope"])
    assert "`protect_station`, `protect_premises`" in text and "## `exclusions.protected`" in text
    assert strict.WORDS[date] in text
