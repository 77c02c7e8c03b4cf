"""One row of the register: who sends what to whom, under whose law, how much, how well seen, and whether declared."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from quivive.flows.jurisdiction import Told

MOST_LOST = 0.05
"""Share of what left that may be missing where "no evidence" is said."""
LISTED = 5
"""Names of a recipient that a row shows; the rest is counted."""


@dataclass
class Entry:
    """One exporting system, recipient group, data category and month. Texts are words of the register's vocabulary."""

    register_id: str
    period: str
    exporter_entity: str
    source_assets: list[str]
    data_category: str
    sensitivity: str
    personal_data: str
    recipient_domains: list[str]
    recipient_operator: str
    recipient_asn: int
    recipient_group: str
    is_group_known: bool
    located: Told
    registered: Told
    controlling: Told
    is_relayed: bool
    means: list[str]
    bytes_out: int
    bytes_in: int
    sessions: int
    records: tuple[int, int] | None
    clear_share: float
    unseen_bytes: int
    encryption: list[str]
    first_seen: datetime
    last_seen: datetime
    legal_tool: str
    adequacy: str
    is_third_country: bool | None
    evidence: list[int]
    confidence: float
    declared: str = "unknown"
    gaps: list[str] = field(default_factory=list)
    contract_ref: str = ""
    tia_ref: str = ""
    reviewer: str = ""
    decision: str = ""
    next_review: str = ""
    stale: list[str] = field(default_factory=list)

    def flat(self, today: date) -> dict[str, Any]:
        """Return it as one line of a sheet: places with source, date and age each, lists joined."""
        row: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Told):
                age = value.age_days(today)
                row[f"country_{item.name}"] = value.value or ""
                row[f"{item.name}_source"] = value.source
                row[f"{item.name}_source_date"] = value.day.isoformat() if value.day else ""
                row[f"{item.name}_age_days"] = "" if age is None else age
            elif item.name == "records":
                row["records_low"], row["records_high"] = value if value else ("", "")
            else:
                row[item.name] = _plain(value)
        return row


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if value is None:
        return "unknown"
    return ("yes" if value else "no") if isinstance(value, bool) else value


@dataclass(frozen=True)
class Unseen:
    """A declared transfer of which nothing was seen: what can be said of it, and why."""

    exporter: str
    recipient: str
    category: str
    answer: str
    why: str


@dataclass(frozen=True)
class Coverage:
    """How much of what left could be judged.

    systems:      own systems that were to be seen     systems_seen: of them those with any traffic
    own_hosts:    addresses of own hosts that were seen
    known_share:  of the bytes that left, those whose recipient's controlling group is known
    clear_share:  of the bytes that left, those in protocols that can be read
    """

    first: datetime | None
    last: datetime | None
    systems: int
    systems_seen: int
    unseen_systems: tuple[str, ...]
    own_hosts: frozenset[str]
    bytes_out: int
    known_share: float
    clear_share: float
    lost_bytes: int
    background_bytes: int
    dropped_packets: int
    is_partial: bool

    @property
    def is_lossy(self) -> bool:
        """Whether too much of what left is missing from the captures to say that something was not there."""
        return self.lost_bytes > MOST_LOST * (self.bytes_out + self.lost_bytes)
