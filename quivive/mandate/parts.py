"""The parts of a mandate: controller, legal basis, scope, exclusions, window, retention and conditions."""

# ruff: noqa: RUF009 - told() is dataclasses.field with a meaning

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from quivive.mandate.refusal import Refusal
from quivive.mandate.strict import Network, told
from quivive.mandate.terms import (
    LONGEST_KEPT,
    WEEKDAYS,
    WITHOUT_MANDATE,
    Clock,
    Conditions,
    ExportForm,
    Gdpr,
    Level,
    Persons,
    Protected,
    Recipient,
    days_of,
)

LONGEST_WINDOW = timedelta(days=90)
RATIFY_WITHIN = timedelta(hours=24)
DOMAIN_NAME = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")


def _not_blank(part: object, *keys: str) -> None:
    for key in keys:
        if not getattr(part, key).strip():
            raise Refusal(key, "is empty", "say it; a reference is the name or number of a document")


def _is_domain(name: str, where: str) -> None:
    if not DOMAIN_NAME.fullmatch(name):
        raise Refusal(where, f"{name!r:.60} is no domain", "write it as example.org; names below it are meant too")


@dataclass(frozen=True)
class Controller:
    """The organisation that answers for the mandate."""

    entity: str = told("Name of the organisation (GDPR: controller).")
    country: str = told("Country of its seat, two letters (ISO 3166).")
    dpo_contact: str = told("How to reach its data protection officer; told of every name that is opened.")

    def __post_init__(self) -> None:
        _not_blank(self, "entity", "dpo_contact")
        if not re.fullmatch("[A-Z]{2}", self.country):
            raise Refusal("country", f"{self.country!r:.20} is no country", "write two letters such as FR or BE")


@dataclass(frozen=True)
class LegalBasis:
    """Why it is lawful, with references."""

    gdpr: Gdpr = told("Ground of the GDPR: 6(1)(f) legitimate interest, 6(1)(c) legal obligation.")
    balancing_ref: str = told("Document that weighs the interest against the rights of those concerned.")
    dpia_ref: str = told("Data protection impact assessment (GDPR, Art. 35).")
    labour_info_ref: str = told("Information of the works council: CSE (L2312-38), CCT 81, Betriebsrat.")
    employee_notice_ref: str = told("Notice by which the staff were informed.")
    employee_notice_date: date = told("When the staff were informed; not later than the window begins.")
    tls_inspection_ref: str = told("Document that covers reading an own proxy's decrypted mirror.", default="")

    def __post_init__(self) -> None:
        _not_blank(self, "balancing_ref", "dpia_ref", "labour_info_ref", "employee_notice_ref")


@dataclass(frozen=True)
class Scope:
    """What may be looked at."""

    networks: tuple[Network, ...] = told("Own address ranges; a packet counts when one of its ends is in them.")
    data_levels: tuple[Level, ...] = told("Levels that may be kept, of L0 L1 L2 L3 L4; L3 and L4 need case_ref.")
    persons: Persons = told("none: names are left out; pseudonymous; named: single names may be opened in a case.")
    sites: tuple[str, ...] = told("Sites concerned.", default=())
    stations: tuple[str, ...] = told("Charging stations or kiosks concerned.", default=())
    systems: tuple[str, ...] = told("Software systems concerned.", default=())
    case_ref: str = told("Case that needs it; required for L3, L4 and names.", default="")

    def __post_init__(self) -> None:
        if not self.networks:
            raise Refusal("networks", "is empty", "name the organisation's own address ranges")
        missing = [level for level in WITHOUT_MANDATE if level not in self.data_levels]
        if missing and max(self.data_levels, default=Level.L0) > Level.L1:
            raise Refusal("data_levels", f"higher levels build on {missing[0]}", f"add {missing[0]}")
        if not self.data_levels:
            raise Refusal("data_levels", "is empty", 'write data_levels = ["L0", "L1"]')


@dataclass(frozen=True)
class ProtectedHosts:
    """Communications protected by law, and how to know them."""

    kind: Protected = told("lawyer, union, doctor or whistle_blower.")
    hosts: tuple[Network, ...] = told("Their addresses.", default=())
    domains: tuple[str, ...] = told("Their domains.", default=())

    def __post_init__(self) -> None:
        if not self.hosts and not self.domains:
            raise Refusal(f"protected {self.kind}", "names neither hosts nor domains", "say how they are known")
        for name in self.domains:
            _is_domain(name, "domains")


@dataclass(frozen=True)
class Exclusions:
    """What stays closed even within the scope."""

    hosts: tuple[Network, ...] = told("Addresses whose traffic is dropped unread.", default=())
    domains: tuple[str, ...] = told("Domains whose traffic is dropped; the names below them too.", default=())
    personal_mail: bool = told("Whether mail marked personal or private is dropped.", default=True)
    protected: tuple[ProtectedHosts, ...] = told("Communications protected by law.", default=())

    def __post_init__(self) -> None:
        for name in self.domains:
            _is_domain(name, "domains")

    @property
    def all_hosts(self) -> tuple[Network, ...]:
        """Every excluded address range."""
        return (*self.hosts, *(network for one in self.protected for network in one.hosts))

    @property
    def all_domains(self) -> tuple[str, ...]:
        """Every excluded domain."""
        return (*self.domains, *(name for one in self.protected for name in one.domains))


@dataclass(frozen=True)
class Hours:
    """Times of the week outside which nothing is kept."""

    begins: str = told("First minute of the day, as 07:00.", key="from")
    ends: str = told("End of the day, as 19:00 (this minute is outside).", key="to")
    timezone: str = told("Time zone by its IANA name, such as Europe/Paris.")
    days: tuple[str, ...] = told("Days of the week: mon tue wed thu fri sat sun.", default=WEEKDAYS)

    def __post_init__(self) -> None:
        if Clock.of(self.begins, "from").minutes >= Clock.of(self.ends, "to").minutes:
            raise Refusal("hours", "end before they begin", "for a night, write a window with two mandates")
        for day in self.days:
            if day not in WEEKDAYS:
                raise Refusal("days", f"{day!r:.20} is no day", f"choose of {' '.join(WEEKDAYS)}")
        try:
            zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Refusal("timezone", f"{self.timezone!r:.40} is not known", "write Europe/Paris or UTC") from error


@dataclass(frozen=True)
class Window:
    """From when until when."""

    begins: datetime = told("First moment.", key="from")
    ends: datetime = told("End; at most 90 days after the first moment.", key="to")
    hours: Hours | None = told("Hours of the week, if not all.", default=None)

    def __post_init__(self) -> None:
        if self.ends <= self.begins:
            raise Refusal("window", "ends before it begins", "mend from and to")
        if self.ends - self.begins > LONGEST_WINDOW:
            raise Refusal(
                "window", f"is longer than {LONGEST_WINDOW.days} days", "shorten it; a new version may renew it"
            )


@dataclass(frozen=True)
class Retention:
    """How long each class of records is kept."""

    raw: str = told("Packets; at most 7d.", default="7d")
    flows: str = told("Flows and metadata; at most 12m.", default="6m")
    alerts: str = told("Findings; at most 12m.", default="12m")
    badges: str = told("Passages of badges; at most 3m.", default="3m")
    case_after_closure: str = told("Records of a case, once it is closed; at most 1y.", default="1y")

    def __post_init__(self) -> None:
        for key, longest in LONGEST_KEPT.items():
            if self.days(key) > days_of(longest.period, key):
                raise Refusal(
                    key, f"{getattr(self, key)} is longer than {longest.period} ({longest.source})", "shorten it"
                )

    def days(self, record_class: str) -> int:
        """Return how many days a class of records is kept: raw, flows, alerts, badges, case_after_closure."""
        return days_of(getattr(self, record_class), record_class)


@dataclass(frozen=True)
class Reidentification:
    """On which conditions one pseudonym may be opened: they can be read here, and not loosened."""

    needs: Conditions = told(
        "two_person: security and dpo_or_legal both sign the request.", default=Conditions.TWO_PERSON
    )
    reason_required: bool = told("true: a request says why.", default=True)
    notify_dpo: bool = told("true: the data protection contact is told.", default=True)

    def __post_init__(self) -> None:
        if not (self.reason_required and self.notify_dpo):
            raise Refusal("reidentification", "its conditions cannot be loosened", "write true")


@dataclass(frozen=True)
class Export:
    """Who may receive evidence, and in which form."""

    recipients: tuple[Recipient, ...] = told("police, counsel, regulator.", default=())
    formats: tuple[ExportForm, ...] = told("pack, stix, case, csv.", default=())


@dataclass(frozen=True)
class Emergency:
    """Use before both signatures are there."""

    declared: datetime = told("When the emergency was declared.")
    reason: str = told("What cannot wait.")
    ratify_before: datetime = told("When the second signature must be there; at most 24 hours after.")

    def __post_init__(self) -> None:
        _not_blank(self, "reason")
        if not timedelta(0) < self.ratify_before - self.declared <= RATIFY_WITHIN:
            raise Refusal("ratify_before", "is not within 24 hours of the declaration", "set it so")
